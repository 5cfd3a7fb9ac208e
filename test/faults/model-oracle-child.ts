/** Runs a model as ONNX Runtime alone does; ended by its parent when it hangs. */
import { readFileSync } from 'node:fs';
import { InferenceSession, Tensor } from 'onnxruntime-node';

export interface OracleRequest {
  readonly path: string;
  readonly input: string;
  readonly output: string;
  readonly rows: readonly Float32Array[];
}

process.on('message', async ({ path, input, output, rows }: OracleRequest) => {
  try {
    const session = await InferenceSession.create(readFileSync(path));
    const answers: number[][] = [];
    for (const row of rows) {
      const feeds = { [input]: new Tensor('float32', row, [1, row.length]) };
      const data = (await session.run(feeds, [output]))[output]?.data;
      answers.push(Array.from(data as Float32Array, Number));
    }
    process.send?.(answers);
  } catch (thrown) {
    process.send?.(thrown instanceof Error ? thrown.message : String(thrown));
  }
});

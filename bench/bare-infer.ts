/** The least an inference child can be: one model, no checks. What predict calls are measured against. */
import { InferenceSession, Tensor } from 'onnxruntime-node';

const [path = '', input = '', output = '', width = '0'] = process.argv.slice(2);
const session = await InferenceSession.create(path, {
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  executionMode: 'sequential',
});
const row = new Float32Array(Number(width));
const feeds = { [input]: new Tensor('float32', row, [1, row.length]) };

process.once('disconnect', () => process.exit(0));
process.on('message', (message: { id: number; input: Float32Array }) => {
  row.set(message.input);
  void session.run(feeds, [output]).then((results) => {
    process.send?.({ id: message.id, outputs: results[output]?.data });
  });
});
process.send?.('ready');

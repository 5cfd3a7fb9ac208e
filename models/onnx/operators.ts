/**
 * Operators a model may use: arithmetic on tensors that always ends. Left out on purpose: random
 * numbers (verdicts must repeat), strings, regular expressions, images, sequences, optionals.
 */

const standard = new Set(
  `Abs Acos Acosh Add And ArgMax ArgMin Asin Asinh Atan Atanh Attention AveragePool
  BatchNormalization BitShift BitwiseAnd BitwiseNot BitwiseOr BitwiseXor Cast CastLike Ceil Celu
  CenterCropPad Clip Compress Concat Constant ConstantOfShape Conv ConvInteger ConvTranspose Cos
  Cosh CumSum DFT DepthToSpace DequantizeLinear Det Div Dropout DynamicQuantizeLinear Einsum Elu
  Equal Erf Exp Expand EyeLike Flatten Floor GRU Gather GatherElements GatherND Gelu Gemm
  GlobalAveragePool GlobalLpPool GlobalMaxPool Greater GreaterOrEqual GridSample
  GroupNormalization HammingWindow HannWindow BlackmanWindow HardSigmoid HardSwish Hardmax Identity
  If InstanceNormalization IsInf IsNaN LRN LSTM LayerNormalization LeakyRelu Less LessOrEqual Log
  LogSoftmax Loop LpNormalization LpPool MatMul MatMulInteger Max MaxPool Mean
  MeanVarianceNormalization MelWeightMatrix Min Mish Mod Mul Neg NonZero Not OneHot Or PRelu Pad
  Pow QLinearConv QLinearMatMul QuantizeLinear RMSNormalization RNN Range Reciprocal ReduceL1
  ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum
  ReduceSumSquare Relu Reshape Resize ReverseSequence Round STFT Scan Scatter ScatterElements
  ScatterND Selu Shape Shrink Sigmoid Sign Sin Sinh Size Slice Softmax Softplus Softsign
  SpaceToDepth Split Sqrt Squeeze Sub Sum Swish Tan Tanh ThresholdedRelu Tile TopK Transpose Trilu
  Unique Unsqueeze Upsample Where Xor`.split(/\s+/),
);

const classical = new Set(
  `ArrayFeatureExtractor Binarizer Imputer LinearClassifier LinearRegressor Normalizer
  OneHotEncoder SVMClassifier SVMRegressor Scaler TreeEnsemble TreeEnsembleClassifier
  TreeEnsembleRegressor ZipMap LabelEncoder CategoryMapper FeatureVectorizer`.split(/\s+/),
);

/** Only what quantized models need. */
const microsoft = new Set(
  `DequantizeLinear DynamicQuantizeLSTM DynamicQuantizeMatMul MatMulInteger16 MatMulIntegerToFloat
  QGemm QLinearAdd QLinearAveragePool QLinearConcat QLinearConv QLinearGlobalAveragePool
  QLinearLeakyRelu QLinearMul QLinearReduceMean QLinearSigmoid QLinearSoftmax QLinearWhere
  QuantizeLinear`.split(/\s+/),
);

interface DomainRule {
  readonly operators: ReadonlySet<string>;
  /** Newest operator set that ONNX Runtime 1.30 takes. */
  readonly newest: number;
}

const domains: Readonly<Record<string, DomainRule>> = {
  '': { operators: standard, newest: 26 },
  'ai.onnx.ml': { operators: classical, newest: 5 },
  'com.microsoft': { operators: microsoft, newest: 1 },
};

/** `ai.onnx` is another spelling of the standard domain. */
export function canonicalDomain(domain: string): string {
  return domain === 'ai.onnx' ? '' : domain;
}

/** Null for a domain that is not allowed at all. */
export function domainRule(domain: string): DomainRule | null {
  const canonical = canonicalDomain(domain);
  return Object.hasOwn(domains, canonical) ? (domains[canonical] ?? null) : null;
}

export function operatorName(domain: string, opType: string): string {
  const canonical = canonicalDomain(domain);
  return canonical === '' ? opType : `${canonical}.${opType}`;
}

// What is used of the package, by name: it is CommonJS, and a bundle in parts gives import() of that nothing but a default.
export { Composer, isMap, isScalar, isSeq, Lexer, Parser, stringify } from 'yaml';

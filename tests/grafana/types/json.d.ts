// A type as it is in JSON: enums are their values, and nothing is a function.
export type Json<T> = T extends string
  ? `${T}`
  : T extends number
    ? T | (`${T}` extends `${infer N extends number}` ? N : never)
    : T extends boolean | null | undefined
      ? T
      : T extends (infer E)[]
        ? Json<E>[]
        : unknown extends T
          ? T
          : { [K in keyof T]: Json<T[K]> };

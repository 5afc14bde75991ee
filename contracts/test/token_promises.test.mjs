// Everything that the contract promises with coin it promises with a token: the same tests, paid in tokens.

process.env.MONEY = "token";
for (const name of ["attention", "campaign", "disputes", "exits", "finality", "governor", "operators", "posting", "queue", "rollup"]) {
  await import(`./${name}.test.mjs`);
}

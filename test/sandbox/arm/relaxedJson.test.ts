import { expect, test } from 'vitest';
import { parseRelaxedJson } from '../../../sandbox/arm/relaxedJson.ts';

test.each([
  ['{"a": 1, b: [true, null,], }', { a: 1, b: [true, null] }],
  ["{'it''s': 2}", undefined],
  ["{a: 'say \"hi\"', b: 'it\\'s'}", { a: 'say "hi"', b: "it's" }],
  ['{ // one\n "a": /* two */ "// three" }', { a: '// three' }],
  ['{"a": "first\nsecond"}', { a: 'first\nsecond' }],
  ['{"a": "\\"quoted\\" and \\\\"}', { a: '"quoted" and \\' }],
  ['{"a": -1.5e3}', { a: -1500 }],
])('%s', (text, wanted) => {
  if (wanted === undefined) expect(() => parseRelaxedJson(text)).toThrow(SyntaxError);
  else expect(parseRelaxedJson(text)).toEqual(wanted);
});

test.each(['{"a" 1}', '{"a": #}', '{', '', '{"a": nothing}', '{}x'])('%s is no JSON, however relaxed', (text) => {
  expect(() => parseRelaxedJson(text)).toThrow(SyntaxError);
});

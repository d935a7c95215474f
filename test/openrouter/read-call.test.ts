/** What is read of a body, and that nothing else of it changes. */
import { readCall } from '../../src/openrouter/read-call';

const read = (text: string) => readCall(Buffer.from(text, 'utf8'));

test('reads the members that decide, of the outermost object only', () => {
  const call = read(
    '{"messages":[{"role":"user","content":"{\\"model\\":\\"x\\"}","model":"inner"}],"model" : "a/b" ,"stream":true,' +
      '"max_tokens":12,"models":["c/d",1],"metadata":{"model":"y","stream":false}}',
  );
  expect(call).toMatchObject({
    model: 'a/b',
    models: ['c/d'],
    streamed: true,
    maxTokens: 12,
    mayCostMore: false,
  });
});

test.each([
  ['{}', { model: null, streamed: false, maxTokens: null }],
  ['{"stream":"true"}', { streamed: false }],
  ['{"max_completion_tokens":5,"max_tokens":9}', { maxTokens: 5 }],
  ['{"max_tokens":-4}', { maxTokens: 0 }],
  ['{"max_tokens":"many"}', { maxTokens: null }],
  ['{"plugins":[{"id":"web"}]}', { mayCostMore: true }],
  ['{"model":"a/b:online"}', { mayCostMore: true }],
])('%s', (text, expected) => {
  expect(read(text)).toMatchObject(expected);
});

test.each([
  '{"model":"gpt-4-turbo"}',
  '{"b":1.0,"model":"gpt-4-turbo","n":12345678901234567890,"e":"\\u00e9 é 漢 😀","a":[1e400,-0]}',
  '  {\r\n\t"model"\n:\t"gpt-4-turbo" ,"x":{"model":"gpt-4-turbo"},"y":"\\"model\\":\\"gpt-4-turbo\\""}\n',
  '{"\\u006dodel":"gpt-4-turbo","z":null}',
])('changes the model and not one byte more: %s', (text) => {
  const changed = read(text).withModel('openai/gpt-4-turbo').toString('utf8');
  const at = text.indexOf('"gpt-4-turbo"');
  expect(changed).toBe(`${text.slice(0, at)}"openai/gpt-4-turbo"${text.slice(at + '"gpt-4-turbo"'.length)}`);
});

test.each([
  '{"model":"a","model":"b"}',
  '{"max_tokens":1,"x":{},"max_tokens":9000}',
  '{"model":"a","\\u006dodel":"b"}',
])('refuses a member that decides and is given twice: %s', (text) => {
  expect(() => read(text)).toThrow(expect.objectContaining({ code: 'invalid_request' }));
});

test.each([
  '',
  'null',
  '[]',
  '"x"',
  '{"model":}',
  '{"model":"a",}',
  '{/*c*/}',
  '{"model":1}',
  '{"model":""}',
])('refuses %j without repeating it', (text) => {
  expect(() => read(text)).toThrow(
    expect.objectContaining({ code: expect.stringMatching(/^(malformed_json|invalid_request)$/) }),
  );
});

test('refuses what is not UTF-8', () => {
  expect(() => readCall(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]))).toThrow(
    expect.objectContaining({ code: 'malformed_json' }),
  );
});

test('a body may be as deep as it is long', () => {
  const deep = `{"model":"a","x":${'['.repeat(200_000)}${']'.repeat(200_000)},"stream":true}`;
  expect(read(deep)).toMatchObject({ model: 'a', streamed: true });
});

test('repeats nothing of the body in an error', () => {
  const secret = 'sk-or-v1-0123456789';
  for (const text of [`{"model":"${secret}`, `{"model":{"k":"${secret}"}}`, `{"${secret}":1,}`]) {
    expect(() => read(text)).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining(secret) }),
    );
  }
});

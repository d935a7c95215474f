/** One question to a model through the gateway, as any program with OpenAI's client asks it. */
import OpenAI from 'openai';

/** What came of it: the answer and whose key paid for it, or the refusal. */
export interface ModelAnswer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

const MODEL = 'openai/gpt-4o-mini';

/** `token` is a Keyturn token: the client takes it for its API key. Thrown when nothing answers. */
export async function askModel(url: string, token: string, question: string): Promise<ModelAnswer> {
  const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: token, maxRetries: 0 });
  const messages = [{ role: 'user' as const, content: question }];
  try {
    const { data, response } = await client.chat.completions
      .create({ model: MODEL, messages, max_tokens: 60 })
      .withResponse();
    const { model, choices, usage } = data;
    return {
      status: response.status,
      body: {
        credential: response.headers.get('x-keyturn-credential'),
        key_version: Number(response.headers.get('x-keyturn-key-version')),
        model,
        answer: choices[0]?.message.content ?? null,
        total_tokens: usage?.total_tokens,
      },
    };
  } catch (error) {
    if (!(error instanceof OpenAI.APIError) || error.status === undefined) throw error;
    return { status: error.status, body: { code: error.code, message: error.message } };
  }
}

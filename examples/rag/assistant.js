/** Passages to vectors, vectors to a store, questions to answers with sources. Every call goes through Keyturn. */
import { createOpenRouter } from '@openrouter/ai-sdk-provider';
import { create, insertMultiple, search } from '@orama/orama';
import { embed, embedMany, generateText } from 'ai';

const PASSAGES_PER_QUESTION = 3;
const RULES =
  'Answer from the numbered passages alone, in one or two sentences. End with the number of the passage ' +
  'that says so, like this: [2]. If none of them answers the question, say that you do not know.';

/** @param keyturn `{ url, token, tenant, chatModel, embeddingModel }` */
export async function createAssistant({ url, token, tenant, chatModel, embeddingModel }, passages) {
  const openrouter = createOpenRouter({
    baseURL: `${url}/v1`,
    apiKey: token,
    // A token that is bound to a tenant does not need this; one of the platform says whose key to use.
    fetch(address, options) {
      const asked = new URL(address);
      asked.searchParams.set('tenant_id', tenant);
      return fetch(asked, options);
    },
  });
  const vectors = openrouter.textEmbeddingModel(embeddingModel);
  const { embeddings, responses } = await embedMany({
    model: vectors,
    values: passages.map(({ heading, text }) => `${heading}\n${text}`),
  });
  // Each model has its own number of dimensions.
  const vector = `vector[${embeddings[0].length}]`;
  const store = create({ schema: { document: 'string', heading: 'string', text: 'string', vector } });
  await insertMultiple(
    store,
    passages.map((passage, index) => ({ ...passage, vector: embeddings[index] })),
  );

  const find = async (value) => {
    const { embedding, response } = await embed({ model: vectors, value });
    const { hits } = await search(store, {
      mode: 'vector',
      vector: { property: 'vector', value: embedding },
      similarity: 0,
      limit: PASSAGES_PER_QUESTION,
    });
    return { found: hits.map(({ document }) => document), headers: response.headers };
  };
  const ask = async (question) => {
    const { found, headers } = await find(question);
    const numbered = found.map(({ heading, text }, index) => `[${index + 1}] ${heading}\n${text}`);
    const { text, response } = await generateText({
      model: openrouter.chat(chatModel),
      system: RULES,
      prompt: `${numbered.join('\n')}\n\nQuestion: ${question}`,
      // Keyturn reserves what a call may cost the platform at most: a small bound holds little back.
      maxOutputTokens: 300,
    });
    const sources = found.filter((_passage, index) => text.includes(`[${index + 1}]`));
    return { text, sources, calls: [headers, response.headers].map(readPayer) };
  };
  return { ask, calls: responses.map(({ headers }) => readPayer(headers)) };
}

/** What Keyturn says of a call in the answer's headers. */
function readPayer(headers) {
  return {
    credential: headers['x-keyturn-credential'],
    keyVersion: headers['x-keyturn-key-version'] ?? null,
    reason: headers['x-keyturn-fallback-reason'] ?? null,
  };
}

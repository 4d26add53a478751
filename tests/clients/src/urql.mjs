// urql with the normalising cache of graphcache, which knows the schema by its introspection.
import { Client, createRequest, fetchExchange, subscriptionExchange } from "@urql/core";
import { cacheExchange } from "@urql/exchange-graphcache";
import { minifyIntrospectionQuery } from "@urql/introspection";
import { parse } from "graphql";
import { createClient } from "graphql-ws";
import WebSocket from "ws";
import { documents } from "./documents.mjs";
import { embeddedTypes, introspect } from "./introspection.mjs";

export class Urql {
  static async connect(souk, options) {
    return new Urql(souk, await introspect(souk), options);
  }

  constructor(souk, introspection, options = {}) {
    this.souk = souk;
    this.options = options;
    this.schema = minifyIntrospectionQuery(introspection, { includeScalars: true, includeEnums: true, includeInputs: true, includeDirectives: true });
    // graphcache asks that types without a key are named: <https://nearform.com/open-source/urql/docs/graphcache/normalized-caching/#custom-keys-and-non-keyable-entities>.
    this.keys = Object.fromEntries(embeddedTypes(introspection).map((name) => [name, () => null]));
    this.open();
  }

  open() {
    const { souk } = this;
    this.sockets = createClient({ url: souk.socket, webSocketImpl: WebSocket, connectionParams: () => ({ authToken: this.token }) });
    const forwardSubscription = (request) => ({
      subscribe: (sink) => ({ unsubscribe: this.sockets.subscribe({ ...request, query: request.query ?? "" }, sink) }),
    });
    this.client = new Client({
      url: souk.graphql,
      fetch,
      preferGetMethod: false,
      exchanges: [
        cacheExchange({ schema: this.schema, keys: this.keys, ...this.options }),
        fetchExchange,
        subscriptionExchange({ forwardSubscription }),
      ],
      fetchOptions: () => ({ headers: this.token ? { authorization: `Bearer ${this.token}` } : {} }),
    });
  }

  /** Another person: urql's documentation asks for a new client. */
  async signIn(token) {
    await this.close();
    this.token = token;
    this.open();
  }

  async query(name, variables = {}) {
    return result(await this.client.query(parse(documents[name]), variables, { requestPolicy: "network-only" }));
  }

  read(name, variables = {}) {
    return this.client.readQuery(parse(documents[name]), variables, { requestPolicy: "cache-only" })?.data ?? null;
  }

  async mutate(name, variables = {}) {
    return result(await this.client.mutation(parse(documents[name]), variables));
  }

  subscribe(name, variables, next) {
    const operation = this.client.executeSubscription(createRequest(parse(documents[name]), variables));
    return operation.subscribe((message) => next(result(message))).unsubscribe;
  }

  async close() {
    await this.sockets.dispose();
  }
}

function result({ data, error }) {
  if (error) throw error;
  return data;
}

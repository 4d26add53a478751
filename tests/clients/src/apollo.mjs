// Apollo Client, with nothing but what its documentation asks for: the possible types of interfaces.
import { ApolloClient, ApolloLink, HttpLink, InMemoryCache, gql } from "@apollo/client";
import { loadDevMessages, loadErrorMessages } from "@apollo/client/dev";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import { createClient } from "graphql-ws";
import WebSocket from "ws";
import { documents, kinds } from "./documents.mjs";
import { introspect, possibleTypes } from "./introspection.mjs";

loadDevMessages();
loadErrorMessages();

const parsed = Object.fromEntries(Object.entries(documents).map(([name, text]) => [name, gql(text)]));

export class Apollo {
  static async connect(souk, { typePolicies } = {}) {
    return new Apollo(souk, new InMemoryCache({ possibleTypes: possibleTypes(await introspect(souk)), typePolicies }));
  }

  constructor(souk, cache) {
    const http = new HttpLink({ uri: souk.graphql, fetch });
    const authorise = new ApolloLink((operation, forward) => {
      if (this.token) operation.setContext({ headers: { authorization: `Bearer ${this.token}` } });
      return forward(operation);
    });
    this.sockets = createClient({ url: souk.socket, webSocketImpl: WebSocket, connectionParams: () => ({ authToken: this.token }) });
    const live = new GraphQLWsLink(this.sockets);
    const link = ApolloLink.split(({ operationType }) => operationType === "subscription", live, authorise.concat(http));
    this.client = new ApolloClient({ link, cache, devtools: { enabled: false } });
  }

  /** Another person: what was cached is forgotten. */
  async signIn(token) {
    this.token = token;
    await this.client.clearStore();
  }

  /** Asks the server, as a page that opens. */
  async query(name, variables) {
    const { data } = await this.client.query({ query: parsed[name], variables, fetchPolicy: "network-only" });
    return data;
  }

  /** What the cache alone answers; null if something is missing. */
  read(name, variables) {
    return this.client.readQuery({ query: parsed[name], variables });
  }

  async mutate(name, variables) {
    const { data } = await this.client.mutate({ mutation: parsed[name], variables });
    return data;
  }

  /** Calls `next` with each message until the returned function is called. */
  subscribe(name, variables, next) {
    const subscription = this.client.subscribe({ query: parsed[name], variables }).subscribe(({ data, error }) => {
      if (error) throw error;
      next(data);
    });
    return () => subscription.unsubscribe();
  }

  async close() {
    this.client.stop();
    await this.sockets.dispose();
  }
}

export { gql, kinds };

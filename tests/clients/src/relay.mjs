// relay-runtime, with the artifacts that the Relay compiler made of `documents/` (see `compile-relay.mjs`).
import { createRequire } from "node:module";
import { createClient } from "graphql-ws";
import relay from "relay-runtime";
import WebSocket from "ws";
import { artifactName } from "./compile-relay.mjs";
import { note } from "./warnings.mjs";

const { Environment, Network, Observable, RecordSource, Store, createOperationDescriptor, requestSubscription } = relay;
const require = createRequire(import.meta.url);

function artifact(name) {
  return require(`../.generated/relay/artifacts/${artifactName(name)}.graphql.js`);
}

export class Relay {
  static async connect(souk) {
    return new Relay(souk);
  }

  constructor(souk) {
    this.souk = souk;
    this.open();
  }

  open() {
    const { souk } = this;
    this.sockets = createClient({ url: souk.socket, webSocketImpl: WebSocket, connectionParams: () => ({ authToken: this.token }) });
    const ask = async ({ text }, variables) => {
      const answer = await souk.answer(text, variables, this.token);
      if (answer.errors) throw new Error(JSON.stringify(answer.errors));
      return answer;
    };
    const follow = ({ text, name }, variables) =>
      Observable.create((sink) => this.sockets.subscribe({ query: text, operationName: name, variables }, sink));
    this.environment = new Environment({
      network: Network.create(ask, follow),
      store: new Store(new RecordSource()),
      relayFieldLogger: (event) => console.error("relayFieldLogger", event),
    });
  }

  /** Another person: another environment. */
  async signIn(token) {
    await this.close();
    this.token = token;
    this.open();
  }

  operation(name, variables = {}) {
    return createOperationDescriptor(artifact(name), variables);
  }

  async query(name, variables) {
    const operation = this.operation(name, variables);
    this.environment.retain(operation);
    await this.environment.execute({ operation }).toPromise();
    return this.read(name, variables);
  }

  read(name, variables) {
    const { data, isMissingData } = this.environment.lookup(this.operation(name, variables).fragment);
    return isMissingData ? null : data;
  }

  async mutate(name, variables) {
    const operation = this.operation(name, variables);
    await this.environment.executeMutation({ operation }).toPromise();
    return this.environment.lookup(operation.fragment).data;
  }

  subscribe(name, variables, next) {
    const subscription = requestSubscription(this.environment, {
      subscription: artifact(name),
      variables,
      onNext: next,
      onError: (error) => note(`${name}: ${error}`),
    });
    return () => subscription.dispose();
  }

  async close() {
    await this.sockets.dispose();
  }
}

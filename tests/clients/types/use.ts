// Uses what the generators made, as an app does: that the types say what the schema says is checked by the compiler.
import type { ResultOf, VariablesOf } from "gql.tada";
import type { CheckoutPageQuery, SignInMutationVariables } from "../.generated/types/operations.js";
import type { CheckoutCompleteMutation } from "../.generated/types/journey.js";
import { CheckoutPage, OrderNews, ProductPage, SignIn } from "../.generated/types/tada.js";

/** What the buyer is to pay, by gql.tada's types. */
export function toPay(data: ResultOf<typeof CheckoutPage>): string | undefined {
  return data.checkout?.totals.total.amount;
}

/** The same by GraphQL Code Generator's. */
export function toPayByCodegen(data: CheckoutPageQuery): unknown {
  return data.checkout?.totals.total.amount;
}

export const signIn: VariablesOf<typeof SignIn> = { input: { email: "buyer@souk.example", password: "demo-password" } };
export const signInByCodegen: SignInMutationVariables = { input: { email: "buyer@souk.example", password: "demo-password" } };

export function names(data: ResultOf<typeof ProductPage>): string[] {
  return data.product?.variants.map((variant) => `${data.product?.name} ${variant.name}: ${variant.price.amount} ${variant.price.currency}`) ?? [];
}

// Payloads of mutations are nullable: an error of one root field leaves the others.
export function orderNumber(data: CheckoutCompleteMutation): string | undefined {
  return data.checkoutComplete?.order?.number;
}

export function cursor(data: ResultOf<typeof OrderNews>): string {
  return data.orderUpdates.cursor;
}

// @ts-expect-error: an amount is a text, never a number that rounds.
export const rounded: number = ({} as ResultOf<typeof CheckoutPage>).checkout!.totals.total.amount;

// @ts-expect-error: the schema has no such field.
export const unknown = ({} as ResultOf<typeof CheckoutPage>).checkout!.totals.nothing;

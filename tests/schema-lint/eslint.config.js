// graphql-eslint over the committed schema: its recommended rules for schemas, and those for Relay. Each exception says why.
import graphql from "@graphql-eslint/eslint-plugin";

const rule = (name) => `@graphql-eslint/${name}`;

const recommended = graphql.configs["flat/schema-recommended"].rules;
const [severity, naming] = recommended[rule("naming-convention")];
const objects = "ObjectTypeDefinition,ObjectTypeExtension";

export default [
  {
    files: ["**/schema.graphql"],
    plugins: { "@graphql-eslint": graphql },
    languageOptions: {
      parser: graphql.parser,
      parserOptions: { graphQLConfig: { schema: new URL("../../schema.graphql", import.meta.url).pathname } },
    },
    rules: {
      ...recommended,
      ...graphql.configs["flat/schema-relay"].rules,
      [rule("require-nullable-fields-with-oneof")]: "error",

      "no-restricted-syntax": [
        "error",
        {
          // As the rule require-nullable-result-in-root, for lists, too. `version` is a constant, which can't fail.
          selector:
            "ObjectTypeDefinition[name.value=/^(Query|Mutation)$/] > .fields[name.value!='version'] > .gqlType[kind='NonNullType']",
          message: "An error in one root field must leave the others: the field must be nullable.",
        },
        {
          selector: "ObjectTypeDefinition:has(> .fields[name.value='id']):not(:has(> .interfaces[name.value='Node']))",
          message: "A type with an id must implement Node.",
        },
      ],

      // The schema is generated: a description of one line stands in quotes, a longer one in a block. The rule knows only
      // "all in blocks" and "all in quotes"; introspection, which tools read, has no difference between the two.
      [rule("description-style")]: "off",

      // "Product type" is the term for what products have in common; `Product.productType` is of this type.
      [rule("naming-convention")]: [severity, { ...naming, [objects]: { ...naming[objects], ignorePattern: "^ProductType$" } }],
      [rule("no-typename-prefix")]: "off",

      // The generated schema declares the specification's own directives, too. They need no use in it to be reachable.
      [rule("no-unreachable-types")]: "off",

      // Lists that belong to their parent (images, variants, order lines) are plain lists and no connections; they are
      // bounded by a limit in the domain. What can grow is a connection, which the other rules check.
      // An item of a connection is a Node, unless it has no identity of its own: the problems of an import are lines of its report.
      [rule("relay-edge-types")]: ["error", { listTypeCanWrapOnlyEdgeType: false, shouldImplementNode: false }],

      // Types that are values of their parent and have no identity of their own: caches keep them within the parent.
      [rule("strict-id-in-types")]: [
        "error",
        {
          exceptions: {
            suffixes: [
              "Payload", // the result of one mutation
              "Connection", // a page, identified by its field and arguments
              "Edge", // a place in a page
              "Update", // a message of a subscription, identified by its cursor
            ],
            types: [
              "AttributeValue", // what one product or variant has of an attribute
              "CartStore", // what one cart holds of one store, computed at each read
              "CartWarning", // a remark on a line, computed at each read
              "ChoiceFacet", // counts of one search
              "DateFacet", // the range of one search
              "FacetBand", // a part of it
              "FacetValue", // a part of it
              "Image", // a file's address and size, a part of its owner
              "ImageRendition", // a size of one image
              "LedgerAccount", // a sum of entries, identified by its code within a currency
              "LedgerEntry", // an amount of its transaction
              "Money", // an amount
              "MoneySettings", // there is one, at `Query.moneySettings`
              "PaymentCapture", // an amount of its payment
              "OfferedPaymentProvider", // a choice of one checkout
              "OrderLineOption", // a choice of one order line
              "PageInfo", // the place of one page
              "ProductImportProblem", // a line of the report of one import
              "PaymentConfirmation", // how to go on with one payment
              "PostalAddress", // an address as it was given, a copy
              "PriceRange", // two amounts
              "ProductOption", // a choice of one product
              "ProductSection", // a titled part of one description
              "ProductTypeAttribute", // an attribute of one product type, with its level
              "RangeFacet", // counts of one search
              "Rating", // figures of one product or store
              "RefundLine", // an amount of its refund
              "RefundPreview", // computed at each read
              "RefundPreviewLine", // a part of it
              "ReviewReply", // the one answer to a review
              "SearchAgreement", // the last comparison of the index of one instance
              "SearchMatch", // a range of a text of one result
              "SearchReading", // how one query was read
              "SearchStatus", // the index of one instance
              "SearchSuggestions", // computed at each read
              "SearchTotals", // sums of one comparison
              "Seo", // two texts and the URL of one page
              "SessionTokens", // secrets, which no cache should keep
              "Settings", // there is one, at `Query.settings`
              "StagedUpload", // a permission, used once
              "StarCount", // a figure of one rating
              "StoreBalance", // computed at each read
              "StoreEarning", // a line of a statement
              "StoreStatement", // computed at each read, from a store and a period
              "Totals", // amounts of one cart, checkout or order
              "TrackedOrder", // an order without what is personal, which must not take the place of the order in a cache
              "TrackedOrderEvent", // a part of it
              "TrackedStoreOrder", // a part of it
              "UploadHeader", // a header of one staged upload
              "UserError", // a problem of one call
              "VariantOption", // a choice of one variant
            ],
          },
        },
      ],
    },
  },
];

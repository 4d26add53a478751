// What a Relay app does with a connection: pages it, and adds to it after a mutation.
import { graphql } from "relay-runtime";

graphql`
  query ProductListQuery($count: Int!, $cursor: String, $filter: ProductFilter) {
    ...ProductList_products @arguments(count: $count, cursor: $cursor, filter: $filter)
  }
`;

graphql`
  fragment ProductList_products on Query
  @argumentDefinitions(count: { type: "Int!" }, cursor: { type: "String" }, filter: { type: "ProductFilter" })
  @refetchable(queryName: "ProductListPaginationQuery") {
    products(first: $count, after: $cursor, filter: $filter) @connection(key: "ProductList_products") {
      totalCount
      edges {
        node {
          id
          name
          ...ProductList_reviews
        }
      }
    }
  }
`;

graphql`
  fragment ProductList_reviews on Product
  @argumentDefinitions(count: { type: "Int", defaultValue: 5 }, cursor: { type: "String" })
  @refetchable(queryName: "ProductListReviewsQuery") {
    reviews(first: $count, after: $cursor) @connection(key: "ProductList_reviews") {
      edges {
        node {
          id
          rating
        }
      }
    }
  }
`;

graphql`
  mutation ProductListReviewMutation($input: ReviewCreateInput!, $connections: [ID!]!) {
    reviewCreate(input: $input) {
      review @appendNode(connections: $connections, edgeTypeName: "ReviewEdge") {
        id
        rating
      }
      userErrors {
        field
        message
      }
    }
  }
`;

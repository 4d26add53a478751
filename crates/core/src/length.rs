//! Maximum lengths of texts, in characters.
//!
//! Each is checked by the domain, said in the descriptions of the schema's input fields and limits the width of columns. A test
//! compares the three.

/// A maximum length, with the places that must agree with it.
#[derive(Clone, Copy, Debug)]
pub struct Length {
    /// Maximum number of characters.
    pub most: usize,
    /// Input fields whose descriptions say it, such as `StoreCreateInput.name`.
    pub inputs: &'static [&'static str],
    /// Columns that store such a text, such as `stores.name`.
    pub columns: &'static [&'static str],
}

macro_rules! lengths {
    ($($(#[doc = $doc:literal])+ $name:ident = $most:literal: inputs [$($input:literal)*], columns [$($column:literal)*];)+) => {
        $($(#[doc = $doc])+ pub const $name: usize = $most;)+

        /// All maximum lengths.
        pub const ALL: &[Length] = &[$(Length { most: $name, inputs: &[$($input),*], columns: &[$($column),*] }),+];
    };
}

lengths! {
    /// Name of a store, category, shipping method or user, of a part of an address, or of a courier.
    NAME = 100:
        inputs [
            "AddressCreateInput.firstName" "AddressCreateInput.lastName" "AddressCreateInput.company" "AddressCreateInput.city"
            "AddressCreateInput.region" "AddressUpdateInput.firstName" "AddressUpdateInput.lastName" "AddressUpdateInput.company"
            "AddressUpdateInput.city" "AddressUpdateInput.region" "PostalAddressInput.firstName" "PostalAddressInput.lastName"
            "PostalAddressInput.company" "PostalAddressInput.city" "PostalAddressInput.region" "CategoryCreateInput.name"
            "CategoryUpdateInput.name" "ShippingMethodCreateInput.name" "ShippingMethodUpdateInput.name" "StoreCreateInput.name"
            "StoreUpdateInput.name" "UserRegisterInput.displayName" "ProfileUpdateInput.displayName" "ProductSectionInput.title"
            "StoreOrderFulfillInput.courier" "StoreOrderFulfillInput.trackingNumber" "VariantOptionInput.value"
            "AttributeCreateInput.name" "AttributeUpdateInput.name" "AttributeChoiceInput.name" "AttributeChoiceUpdateInput.name"
            "ProductTypeCreateInput.name" "ProductTypeUpdateInput.name"
        ],
        columns [
            "categories.name" "shipping_methods.name" "stores.name" "users.display_name" "fulfillments.courier"
            "fulfillments.tracking_number" "variant_options.value" "attributes.name" "attribute_choices.name" "product_types.name"
        ];
    /// Note on a refund.
    REFUND_NOTE = 300:
        inputs ["RefundInput.note"],
        columns ["refunds.note"];
    /// Note on a reconciliation finding.
    FINDING_NOTE = 500:
        inputs ["ReconciliationFindingResolveInput.note"],
        columns ["reconciliation_findings.note"];
    /// Street, or apartment and floor.
    ADDRESS_LINE = 200:
        inputs [
            "AddressCreateInput.line1" "AddressCreateInput.line2" "AddressUpdateInput.line1" "AddressUpdateInput.line2"
            "PostalAddressInput.line1" "PostalAddressInput.line2"
        ],
        columns [];
    /// Postal code.
    POSTAL_CODE = 20:
        inputs ["AddressCreateInput.postalCode" "AddressUpdateInput.postalCode" "PostalAddressInput.postalCode"],
        columns [];
    /// Telephone number.
    PHONE = 32:
        inputs [
            "AddressCreateInput.phone" "AddressUpdateInput.phone" "PostalAddressInput.phone" "ProfileUpdateInput.phone"
            "StoreCreateInput.phone" "StoreUpdateInput.phone" "VendorApplyInput.phone"
        ],
        columns ["users.phone" "stores.phone" "checkouts.phone" "orders.phone"];
    /// Email address (RFC 5321).
    EMAIL = 254:
        inputs [
            "CheckoutCreateInput.email" "CheckoutUpdateInput.email" "EmailChangeRequestInput.newEmail" "OrderFilter.email"
            "UserFilter.emailPrefix" "UserRegisterInput.email"
        ],
        columns [
            "users.email" "one_time_tokens.email" "stores.contact_email" "orders.email" "email_changes.old_email"
            "email_changes.new_email" "store_invitations.email"
        ];
    /// URL identifier that a client chose. Those that are made from names may be longer.
    SLUG = 120:
        inputs ["CategoryUpdateInput.slug" "CategoryCreateInput.slug" "ProductUpdateInput.slug" "ProductCreateInput.slug"
            "StoreUpdateInput.slug" "StoreCreateInput.slug" "ProductTypeCreateInput.slug"],
        columns ["categories.slug" "products.slug" "stores.slug" "product_types.slug" "retired_slugs.slug"];
    /// URL identifier of an attribute or a choice.
    ATTRIBUTE_SLUG = 64:
        inputs ["AttributeCreateInput.slug" "AttributeChoiceInput.slug"],
        columns ["attributes.slug" "attribute_choices.slug" "retired_slugs.slug"];
    /// Unit of an attribute.
    UNIT = 16:
        inputs ["AttributeCreateInput.unit" "AttributeUpdateInput.unit"],
        columns ["attributes.unit"];
    /// Text of an attribute of a product.
    ATTRIBUTE_TEXT = 500:
        inputs ["AttributeValueInput.text"],
        columns ["product_attribute_values.text" "variant_attribute_values.text"];
    /// Title for search engines.
    SEO_TITLE = 200:
        inputs [
            "CategoryCreateInput.seoTitle" "CategoryUpdateInput.seoTitle" "ProductCreateInput.seoTitle"
            "ProductUpdateInput.seoTitle" "StoreCreateInput.seoTitle" "StoreUpdateInput.seoTitle"
        ],
        columns ["categories.seo_title" "products.seo_title" "stores.seo_title"];
    /// Description for search engines.
    SEO_DESCRIPTION = 500:
        inputs [
            "CategoryCreateInput.seoDescription" "CategoryUpdateInput.seoDescription" "ProductCreateInput.seoDescription"
            "ProductUpdateInput.seoDescription" "StoreCreateInput.seoDescription" "StoreUpdateInput.seoDescription"
        ],
        columns ["categories.seo_description" "products.seo_description" "stores.seo_description"];
    /// Description or policy as HTML.
    HTML = 20_000:
        inputs [
            "CategoryCreateInput.description" "CategoryUpdateInput.description" "ProductSectionInput.body"
            "StoreCreateInput.description" "StoreUpdateInput.description" "StoreCreateInput.returnPolicy"
            "StoreUpdateInput.returnPolicy" "StoreCreateInput.shippingPolicy" "StoreUpdateInput.shippingPolicy"
        ],
        columns ["categories.description" "stores.description" "stores.return_policy" "stores.shipping_policy"];
    /// Name of an icon.
    ICON = 64:
        inputs ["CategoryCreateInput.icon" "CategoryUpdateInput.icon"],
        columns ["categories.icon"];
    /// Name of a product or a variant.
    PRODUCT_NAME = 200:
        inputs [
            "ProductCreateInput.name" "ProductUpdateInput.name" "ProductVariantCreateInput.name" "ProductVariantInput.name"
            "ProductVariantUpdateInput.name"
        ],
        columns [
            "products.name" "product_variants.name" "cart_lines.product_name" "cart_lines.variant_name"
            "order_lines.product_name" "order_lines.variant_name"
        ];
    /// Short description of a product.
    SHORT_DESCRIPTION = 500:
        inputs ["ProductCreateInput.shortDescription" "ProductUpdateInput.shortDescription"],
        columns ["products.short_description"];
    /// Description of a product as HTML.
    PRODUCT_DESCRIPTION = 50_000:
        inputs ["ProductCreateInput.description" "ProductUpdateInput.description"],
        columns ["products.description"];
    /// Tag of a product, or name of an option of a variant.
    TAG = 50:
        inputs ["ProductCreateInput.tags" "ProductUpdateInput.tags" "VariantOptionInput.name"],
        columns ["product_tags.tag" "variant_options.name"];
    /// Synonym of the search.
    SYNONYM = 64:
        inputs ["SearchSynonymCreateInput.words" "SearchSynonymUpdateInput.words"],
        columns [];
    /// SKU or barcode of a variant.
    SKU = 64:
        inputs [
            "ProductCreateInput.sku" "ProductVariantCreateInput.sku" "ProductVariantInput.sku" "ProductVariantUpdateInput.sku"
            "ProductVariantCreateInput.barcode" "ProductVariantInput.barcode" "ProductVariantUpdateInput.barcode"
        ],
        columns ["product_variants.sku" "product_variants.barcode" "order_lines.sku"];
    /// Alternative text of an image.
    ALT_TEXT = 500:
        inputs [
            "ProductCreateImageInput.altText" "ProductImageAddInput.altText" "ProductImageCreateInput.altText"
            "ProductImageUpdateInput.altText"
        ],
        columns ["product_images.alt_text"];
    /// Name of an uploaded file.
    FILENAME = 255:
        inputs ["DigitalFileUpdateInput.filename" "StagedUploadCreateInput.filename"],
        columns ["digital_files.filename" "staged_uploads.filename"];
    /// Version of a file of a digital product.
    FILE_VERSION = 20:
        inputs ["DigitalFileAddInput.version" "DigitalFileUpdateInput.version"],
        columns ["digital_files.version"];
    /// Title of a review.
    REVIEW_TITLE = 150:
        inputs ["ReviewCreateInput.title" "ReviewUpdateInput.title"],
        columns ["reviews.title"];
    /// Text of a review, or of the reply to it.
    REVIEW_BODY = 5_000:
        inputs ["ReviewCreateInput.body" "ReviewUpdateInput.body" "ReviewReplyInput.body"],
        columns ["reviews.body" "reviews.reply_body"];
    /// Note of the buyer to the stores.
    NOTE = 2_000:
        inputs ["CheckoutCreateInput.note" "CheckoutUpdateInput.note" "OrderNoteInput.text"],
        columns ["checkouts.note" "orders.note" "order_notes.text"];
    /// Reason of a cancellation; it is part of the message of an event.
    CANCEL_REASON = 300:
        inputs [
            "OrderCancelInput.reason" "OrderLinesCancelInput.reason" "StoreOrderCancelInput.reason"
            "StoreOrderLinesCancelInput.reason"
        ],
        columns ["events.message"];
    /// Reason why a user is blocked.
    BLOCK_REASON = 500:
        inputs ["UserBlockInput.reason"],
        columns ["users.blocked_reason"];
    /// Name of a tax.
    TAX_NAME = 50:
        inputs ["TaxRateSetInput.name"],
        columns ["tax_rates.name"];
    /// URL, such as that of a courier's tracking page.
    URL = 500:
        inputs ["StoreOrderFulfillInput.trackingUrl"],
        columns ["fulfillments.tracking_url"];
    /// Key with which a client makes a request repeatable, or token of a payment provider.
    KEY = 255:
        inputs [
            "CheckoutCompleteInput.idempotencyKey" "CheckoutCompleteInput.paymentToken" "OrderLinesCancelInput.idempotencyKey"
            "OrderNoteInput.idempotencyKey" "ProductImportApplyInput.idempotencyKey"
            "RefundInput.idempotencyKey" "StockAdjustInput.idempotencyKey" "StoreOrderFulfillInput.idempotencyKey"
            "StoreOrderLinesCancelInput.idempotencyKey"
        ],
        columns ["idempotency_keys.idempotency_key"];
    /// Password.
    PASSWORD = 200:
        inputs [
            "PasswordChangeInput.newPassword" "PasswordResetInput.password" "SessionCreateInput.password"
            "UserRegisterInput.password"
        ],
        columns [];
}

//! Complete valid rows with defaults, which demo data and tests fill in: `order::Model { email, ..fixture::order(id, currency, at) }`.

use entity::id::{
    CategoryId, OrderId, OrderLineId, PaymentId, ProductExportId, ProductId, ProductImageId, ProductImportId, ProductVariantId,
    ReviewId, SearchSynonymId, ShippingMethodId, StoreId, StoreOrderId, TaxRateId, UserId,
};
use entity::money::{CurrencyCode, Minor};
use entity::value::{
    CaptureMethod, Countries, Options, OrderStatus, PaymentProvider, PaymentStatus, Permissions, PostalAddress,
    ProductFileFormat, ProductImportMode, ProductKind, ProductStatus, ProductStatuses, ProductTransferStatus, ReviewStatus, Role,
    Sections, StoreStatus, SynonymWords, Tags, UserStatus,
};
use entity::{
    category, export, import, order, order_line, payment, product, product_image, product_variant, review, search_synonym,
    shipping_method, store, store_order, tax_rate, user,
};
use sea_orm::prelude::DateTimeUtc;
use souk_core::text::slugify;

/// An active user with a verified email address, who cannot sign in with a password.
pub fn user(id: UserId, email: &str, role: Role, at: DateTimeUtc) -> user::Model {
    user::Model {
        id,
        email: email.to_owned(),
        password_hash: String::new(),
        display_name: String::new(),
        phone: None,
        avatar_key: None,
        role,
        status: UserStatus::Active,
        permissions: Permissions::default(),
        email_verified_at: Some(at),
        vendor_applied_at: None,
        blocked_reason: None,
        version: 1,
        created_at: at,
        updated_at: at,
    }
}

/// An active store without reviews.
pub fn store(id: StoreId, owner: UserId, name: &str, at: DateTimeUtc) -> store::Model {
    store::Model {
        id,
        owner_id: owner,
        name: name.to_owned(),
        slug: slugify(name),
        description: String::new(),
        logo_key: None,
        banner_key: None,
        contact_email: String::new(),
        phone: None,
        address: None,
        return_policy: String::new(),
        shipping_policy: String::new(),
        seo_title: None,
        seo_description: None,
        status: StoreStatus::Active,
        commission_basis_points: None,
        rating_sum: 0,
        rating_count: 0,
        rating_average: 0,
        rating_1: 0,
        rating_2: 0,
        rating_3: 0,
        rating_4: 0,
        rating_5: 0,
        version: 1,
        created_at: at,
        updated_at: at,
    }
}

/// An active category without a parent.
pub fn category(id: CategoryId, name: &str, at: DateTimeUtc) -> category::Model {
    category::Model {
        id,
        parent_id: None,
        name: name.to_owned(),
        slug: slugify(name),
        description: String::new(),
        image_key: None,
        icon: None,
        seo_title: None,
        seo_description: None,
        position: 0,
        active: true,
        commission_basis_points: None,
        version: 1,
        created_at: at,
        updated_at: at,
    }
}

/// An active physical product without reviews. Call [`set_aggregates`] when its variants are known.
pub fn product(id: ProductId, store: StoreId, name: &str, currency: CurrencyCode, at: DateTimeUtc) -> product::Model {
    product::Model {
        id,
        store_id: store,
        category_id: None,
        product_type_id: None,
        name: name.to_owned(),
        slug: slugify(name),
        short_description: String::new(),
        description: String::new(),
        details: Sections::default(),
        tags: Tags::default(),
        status: ProductStatus::Active,
        kind: ProductKind::Physical,
        listed: true,
        featured: false,
        seo_title: None,
        seo_description: None,
        currency,
        min_price: Minor::ZERO,
        max_price: Minor::ZERO,
        min_compare_at_price: None,
        max_compare_at_price: None,
        on_sale: false,
        in_stock: false,
        rating_sum: 0,
        rating_count: 0,
        rating_average: 0,
        rating_1: 0,
        rating_2: 0,
        rating_3: 0,
        rating_4: 0,
        rating_5: 0,
        sales_count: 0,
        view_count: 0,
        indexed_view_count: 0,
        download_count: 0,
        bestseller: false,
        new_arrival: false,
        pinned_bestseller: None,
        pinned_new_arrival: None,
        published_at: Some(at),
        version: 1,
        created_at: at,
        updated_at: at,
    }
}

/// A group of synonyms of the search, which stand for each other.
pub fn search_synonym(id: SearchSynonymId, words: &[&str], at: DateTimeUtc) -> search_synonym::Model {
    let words = SynonymWords(words.iter().map(|word| (*word).to_owned()).collect());
    search_synonym::Model { id, words, one_way: false, version: 1, created_at: at, updated_at: at }
}

/// The only variant of a product, without sales.
pub fn variant(id: ProductVariantId, product: &product::Model, sku: String, price: Minor, stock: i32) -> product_variant::Model {
    product_variant::Model {
        id,
        product_id: product.id,
        store_id: product.store_id,
        name: "Default".to_owned(),
        sku,
        options: Options::default(),
        combination: None,
        price,
        compare_at_price: None,
        stock_quantity: stock,
        low_stock_threshold: None,
        low_stock: false,
        sold_count: 0,
        weight_grams: None,
        barcode: None,
        active: true,
        position: 0,
        version: 1,
        created_at: product.created_at,
        updated_at: product.created_at,
    }
}

/// Sets the columns of a product that are computed from its variants.
pub fn set_aggregates(product: &mut product::Model, variants: &[product_variant::Model]) {
    let prices = || variants.iter().map(|variant| variant.price);
    let compare = || variants.iter().filter_map(|variant| variant.compare_at_price);
    product.min_price = prices().min().unwrap_or_default();
    product.max_price = prices().max().unwrap_or_default();
    product.min_compare_at_price = compare().min();
    product.max_compare_at_price = compare().max();
    product.on_sale = compare().next().is_some();
    let digital = product.kind == ProductKind::Digital;
    product.in_stock = digital || variants.iter().any(|variant| variant.stock_quantity > 0);
    product.sales_count = variants.iter().map(|variant| variant.sold_count).sum();
}

/// The primary image of a product, a file of one pixel.
pub fn image(id: ProductImageId, product: ProductId, storage_key: &str, at: DateTimeUtc) -> product_image::Model {
    product_image::Model {
        id,
        product_id: product,
        storage_key: storage_key.to_owned(),
        alt_text: String::new(),
        is_primary: true,
        position: 0,
        content_type: "image/png".to_owned(),
        width: 1,
        height: 1,
        byte_size: 1,
        created_at: at,
        render_requested_at: Some(at),
    }
}

/// A shipping method of the marketplace to all countries.
pub fn shipping_method(
    id: ShippingMethodId,
    name: &str,
    price: Minor,
    currency: CurrencyCode,
    at: DateTimeUtc,
) -> shipping_method::Model {
    shipping_method::Model {
        id,
        store_id: None,
        name: name.to_owned(),
        price,
        free_over: None,
        currency,
        countries: Countries::default(),
        position: 0,
        active: true,
        version: 1,
        created_at: at,
        updated_at: at,
    }
}

/// Tax rate of a country.
pub fn tax_rate(id: TaxRateId, country: &str, basis_points: i32, at: DateTimeUtc) -> tax_rate::Model {
    tax_rate::Model {
        id,
        country: country.to_owned(),
        name: "VAT".to_owned(),
        basis_points,
        version: 1,
        created_at: at,
        updated_at: at,
    }
}

/// A pending order of a guest with a total of zero.
pub fn order(id: OrderId, currency: CurrencyCode, at: DateTimeUtc) -> order::Model {
    order::Model {
        id,
        // The random part of the ID; the column has 16 characters.
        number: format!("SK-{}", id.0.simple().to_string().chars().skip(20).collect::<String>()),
        checkout_id: None,
        failed_checkout_id: None,
        user_id: None,
        email: "guest@example.com".to_owned(),
        phone: None,
        shipping_address: None,
        billing_address: None,
        note: String::new(),
        status: OrderStatus::Pending,
        currency,
        items_total: Minor::ZERO,
        discount_total: Minor::ZERO,
        shipping_total: Minor::ZERO,
        tax_total: Minor::ZERO,
        total: Minor::ZERO,
        tax_included: false,
        tax_remitted: false,
        fee_passed_on: false,
        paid_at: None,
        hold_expires_at: None,
        client_network: None,
        refund_due: Minor::ZERO,
        version: 1,
        created_at: at,
        updated_at: at,
    }
}

/// A store order with the status of its order and a total of zero.
pub fn store_order(id: StoreOrderId, order: &order::Model, store: StoreId) -> store_order::Model {
    store_order::Model {
        id,
        order_id: order.id,
        store_id: store,
        status: order.status,
        shipping_method_id: None,
        shipping_method_name: None,
        currency: order.currency,
        items_total: Minor::ZERO,
        discount_total: Minor::ZERO,
        shipping_total: Minor::ZERO,
        tax_total: Minor::ZERO,
        total: Minor::ZERO,
        shipping_tax_total: Minor::ZERO,
        shipping_commission_total: Minor::ZERO,
        shipping_commission_tax_total: Minor::ZERO,
        paid_total: Minor::ZERO,
        refunded_total: Minor::ZERO,
        refunded_shipping_total: Minor::ZERO,
        posted_marketplace_discount_total: Minor::ZERO,
        posted_commission_total: Minor::ZERO,
        posted_commission_tax_total: Minor::ZERO,
        posted_tax_total: Minor::ZERO,
        disputed_total: Minor::ZERO,
        lost_total: Minor::ZERO,
        posted_fee_total: Minor::ZERO,
        payable_at: None,
        version: 1,
        created_at: order.created_at,
        updated_at: order.updated_at,
    }
}

/// A line of a store order with the given quantity of a variant, without discount and tax.
pub fn order_line(
    id: OrderLineId,
    of: &store_order::Model,
    (product, variant): (&product::Model, &product_variant::Model),
    quantity: i32,
) -> order_line::Model {
    order_line::Model {
        id,
        order_id: of.order_id,
        store_order_id: of.id,
        product_id: product.id.0,
        variant_id: variant.id.0,
        product_name: product.name.clone(),
        variant_name: variant.name.clone(),
        sku: variant.sku.clone(),
        kind: product.kind,
        options: variant.options.clone(),
        quantity,
        fulfilled_quantity: 0,
        cancelled_quantity: 0,
        unit_price: variant.price,
        line_total: Minor(variant.price.0 * i64::from(quantity)),
        discount_total: Minor::ZERO,
        tax_total: Minor::ZERO,
        tax_basis_points: 0,
        cancelled_total: Minor::ZERO,
        refunded_quantity: 0,
        refunded_total: Minor::ZERO,
        marketplace_discount_total: Minor::ZERO,
        commission_basis_points: 0,
        commission_total: Minor::ZERO,
        commission_tax_total: Minor::ZERO,
        reversed_tax_total: Minor::ZERO,
        reversed_marketplace_discount_total: Minor::ZERO,
        reversed_commission_total: Minor::ZERO,
        reversed_commission_tax_total: Minor::ZERO,
        currency: of.currency,
    }
}

/// A pending payment of the total of an order.
pub fn payment(id: PaymentId, order: &order::Model, provider: PaymentProvider) -> payment::Model {
    payment::Model {
        id,
        order_id: order.id,
        provider,
        status: PaymentStatus::Pending,
        amount: order.total,
        cancelled_amount: Minor::ZERO,
        authorized_amount: Minor::ZERO,
        captured_amount: Minor::ZERO,
        refunded_amount: Minor::ZERO,
        refund_pending_amount: Minor::ZERO,
        disputed_amount: Minor::ZERO,
        currency: order.currency,
        provider_reference: None,
        capture_method: CaptureMethod::Automatic,
        account: None,
        method_token: None,
        redirect_url: None,
        client_secret: None,
        failure_reason: None,
        expires_at: None,
        version: 1,
        created_at: order.created_at,
        updated_at: order.updated_at,
    }
}

/// A published review with five stars of a verified purchase, without a reply.
pub fn review(id: ReviewId, (product, store): (ProductId, StoreId), user: UserId, at: DateTimeUtc) -> review::Model {
    review::Model {
        id,
        product_id: product,
        store_id: store,
        user_id: user,
        rating: 5,
        title: "Good".to_owned(),
        body: "Good".to_owned(),
        verified_purchase: true,
        status: ReviewStatus::Published,
        reply_body: None,
        reply_user_id: None,
        replied_at: None,
        version: 1,
        created_at: at,
        updated_at: at,
    }
}

/// A postal address of a person with the given first and last name.
pub fn address(name: &str, line1: String, city: &str, country: &str) -> PostalAddress {
    let (first, last) = name.split_once(' ').unwrap_or((name, name));
    PostalAddress {
        first_name: first.to_owned(),
        last_name: last.to_owned(),
        line1,
        city: city.to_owned(),
        country: country.to_owned(),
        ..PostalAddress::default()
    }
}

/// A queued import of a CSV file.
pub fn import(id: ProductImportId, store: StoreId, user: UserId, at: DateTimeUtc) -> import::Model {
    import::Model {
        id,
        store_id: store,
        active_store_id: None,
        user_id: user,
        format: ProductFileFormat::Csv,
        mode: ProductImportMode::Upsert,
        dry_run: false,
        status: ProductTransferStatus::Queued,
        storage_key: String::new(),
        filename: "products.csv".to_owned(),
        sha256: String::new(),
        total_lines: None,
        done_lines: 0,
        next_line: 0,
        created_count: 0,
        updated_count: 0,
        unchanged_count: 0,
        failed_count: 0,
        problem_count: 0,
        pending_images: 0,
        created_at: at,
        finished_at: None,
    }
}

/// A queued export to a CSV file.
pub fn export(id: ProductExportId, store: StoreId, user: UserId, at: DateTimeUtc) -> export::Model {
    export::Model {
        id,
        store_id: store,
        active_store_id: None,
        user_id: user,
        format: ProductFileFormat::Csv,
        statuses: ProductStatuses::default(),
        category_id: None,
        status: ProductTransferStatus::Queued,
        storage_key: None,
        product_count: 0,
        reason: None,
        created_at: at,
        finished_at: None,
    }
}

//! Files as Shopify and WooCommerce write them, made by hand from their published formats.

use super::{How, UPSERT, completed, counts, import, products, told, variants};
use crate::app::each;
use crate::make;
use entity::product_variant;
use sea_orm::{EntityTrait, QueryOrder};

/// As Shopify exported until 2024: one line a variant, options named in the first line, further images in lines of their own.
const SHOPIFY: &str = "Handle,Title,Body (HTML),Vendor,Product Category,Type,Tags,Published,Option1 Name,Option1 Value,Option1 Linked To,Option2 Name,Option2 Value,Option2 Linked To,Option3 Name,Option3 Value,Option3 Linked To,Variant SKU,Variant Grams,Variant Inventory Tracker,Variant Inventory Qty,Variant Inventory Policy,Variant Fulfillment Service,Variant Price,Variant Compare At Price,Variant Requires Shipping,Variant Taxable,Variant Barcode,Image Src,Image Position,Image Alt Text,Gift Card,SEO Title,SEO Description,Google Shopping / Google Product Category,Variant Image,Variant Weight Unit,Variant Tax Code,Cost per item,Included / United States,Price / United States,Status\n\
    example-t-shirt,Example T-Shirt,\"<p>Soft, \"\"organic\"\" cotton.</p>\n<ul><li>Washable</li></ul>\",Acme,Apparel & Accessories > Clothing,Shirts,\"mens t-shirt, example\",true,Title,\"Lithograph - Height: 9\"\" x Width: 12\"\"\",,,,,,,,,3629,,,deny,manual,25,,true,true,,,,,false,Our awesome T-shirt in 70 characters or less.,A great description,,,lb,,,true,,active\n\
    tee,Tee,,Acme,,,,true,Size,S,,Color,Red,,,,,TEE-S-R,200.0,shopify,-2,deny,manual,19.90,25.00,true,true,'0123456789012,,,,false,,,,,kg,,,true,,active\n\
    tee,,,,,,,,,M,,,Red,,,,,TEE-M-R,200.0,shopify,7,deny,manual,19.90,0.00,true,true,,,,,,,,,,kg,,,,,\n\
    tee,,,,,,,,,,,,,,,,,,,,,,,,,,,,,2,Back,,,,,,,,,,,\n\
    mug,Mug,,Acme,,,,false,Title,Default Title,,,,,,,,MUG,300,shopify,12,deny,manual,8.50,,true,true,,,,,false,,,,,g,,,true,,draft\n";

/// As Shopify exports since.
const NEW_SHOPIFY: &str = "Title,URL handle,Description,Vendor,Product category,Type,Tags,Published on online store,Status,SKU,Barcode,Option1 name,Option1 value,Option1 Linked To,Option2 name,Option2 value,Option2 Linked To,Price,Compare-at price,Cost per item,Charge tax,Inventory tracker,Inventory quantity,Continue selling when out of stock,Weight value (grams),Weight unit for display,Requires shipping,Fulfillment service,Product image URL,Image position,Image alt text,Variant image URL,Gift card,SEO title,SEO description\r\n\
    Jasmine Tea,jasmine-tea,<p>Fragrant.</p>,Acme,,,tea,TRUE,Active,JAS-50,,Weight,50 g,,,,,6.00,,2.00,TRUE,shopify,30,DENY,60,g,TRUE,manual,,,,,FALSE,,\r\n\
    ,jasmine-tea,,,,,,,,JAS-100,,,100 g,,,,,11.00,,4.00,TRUE,shopify,20,DENY,110,g,TRUE,manual,,,,,,,\r\n";

/// As WooCommerce exports: variations name their product, which can be far before them.
const WOOCOMMERCE: &str = "ID,Type,SKU,\"GTIN, UPC, EAN, or ISBN\",Name,Published,\"Is featured?\",\"Visibility in catalog\",\"Short description\",Description,\"Date sale price starts\",\"Date sale price ends\",\"Tax status\",\"Tax class\",\"In stock?\",Stock,\"Low stock amount\",\"Backorders allowed?\",\"Sold individually?\",\"Weight (kg)\",\"Length (cm)\",\"Width (cm)\",\"Height (cm)\",\"Allow customer reviews?\",\"Purchase note\",\"Sale price\",\"Regular price\",Categories,Tags,\"Shipping class\",Images,\"Download limit\",\"Download expiry days\",Parent,\"Grouped products\",Upsells,Cross-sells,\"External URL\",\"Button text\",Position,\"Attribute 1 name\",\"Attribute 1 value(s)\",\"Attribute 1 visible\",\"Attribute 1 global\",\"Attribute 2 name\",\"Attribute 2 value(s)\",\"Attribute 2 visible\",\"Attribute 2 global\",\"Meta: _wpcom_is_markdown\"\n\
    44,variable,woo-vneck-tee,,V-Neck T-Shirt,1,1,visible,\"<p>This is a variable product.</p>\\n\",\"Pellentesque habitant.\\n\\nSecond.\",,,taxable,,1,,,0,0,.5,24,1,2,1,,,,\"Clothing > Tshirts\",\"summer, cotton\",,,,,,,,,,,0,Color,\"Blue, Green\",1,1,Size,\"Large, Small\",1,1,1\n\
    45,simple,woo-cap,4006381333931,Cap,1,0,visible,,,,,taxable,,1,5,2,0,0,0.2,4,1,1,1,,16,18,Accessories,,,,,,,,,,,,0,Color,Yellow,1,1,,,,,\n\
    46,\"simple, virtual\",,,Gift Note,0,0,visible,,,,,taxable,,1,,,0,0,,,,,1,,,\"2,50\",,,,,,,,,,,,,0,,,,,,,,,\n\
    47,grouped,woo-group,,Set,1,0,visible,,,,,taxable,,1,,,0,0,,,,,1,,,,,,,,,,,,\"woo-cap\",,,,0,,,,,,,,,\n\
    60,variation,woo-vneck-tee-blue,,\"V-Neck T-Shirt - Blue\",1,0,visible,,,,,taxable,parent,1,9,,0,0,,,,,0,,,20,,,,,,,woo-vneck-tee,,,,,,0,Color,Blue,,1,Size,Large,,1,\n\
    61,variation,woo-vneck-tee-green,,\"V-Neck T-Shirt - Green\",0,0,visible,,,,,taxable,parent,1,4,,0,0,,,,,0,,,20,,,,,,,id:44,,,,,,0,Color,Green,,1,Size,Small,,1,\n\
    62,variation,lost,,Lost,1,0,visible,,,,,taxable,parent,1,,,0,0,,,,,0,,,20,,,,,,,id:99,,,,,,0,,,,,,,,,\n";

/// The bytes of a text in UTF-16 with a byte order mark.
fn utf_16(text: &str) -> Vec<u8> {
    std::iter::once(0xFEFF_u16).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
}

#[test]
fn files_of_shopify_are_imported() {
    each(async |souk| {
        let (vera, store) = make::shop(souk, "Acme").await;
        let vera = souk.as_user(&vera);
        let done = import(souk, &vera, store, SHOPIFY, UPSERT).await;
        assert_eq!(told(&done), [""; 0]);
        assert_eq!(counts(&done), completed([3, 0, 0, 0]));
        let found = products(souk).await;
        let seen: Vec<_> = found.iter().map(|row| (row.slug.as_str(), row.name.as_str(), row.status.as_str())).collect();
        assert_eq!(seen, [("example-t-shirt", "Example T-Shirt", "ACTIVE"), ("mug", "Mug", "DRAFT"), ("tee", "Tee", "ACTIVE")]);
        assert_eq!(found[0].description, "<p>Soft, \"organic\" cotton.</p>\n<ul><li>Washable</li></ul>");
        assert_eq!(
            (&found[0].tags.0[..], found[0].seo_description.as_deref()),
            (&["mens t-shirt".to_owned(), "example".to_owned()][..], Some("A great description"))
        );
        let rows = product_variant::Entity::find()
            .order_by_asc(product_variant::Column::Sku)
            .all(souk.app.db.read())
            .await
            .expect("rows");
        let seen: Vec<_> = rows
            .iter()
            .map(|row| {
                (
                    row.sku.as_str(),
                    row.name.as_str(),
                    row.price.0,
                    row.compare_at_price.map(|price| price.0),
                    row.stock_quantity,
                    row.weight_grams,
                )
            })
            .collect();
        assert_eq!(
            seen[1..],
            [
                ("MUG", "Default", 850, None, 12, Some(300)),
                ("TEE-M-R", "M / Red", 1990, None, 7, Some(200)),
                ("TEE-S-R", "S / Red", 1990, Some(2500), 0, Some(200))
            ]
        );
        assert_eq!((rows[3].barcode.as_deref(), rows[0].price.0), (Some("0123456789012"), 2500));
        // Again: the stock of another shop changes nothing.
        let later = SHOPIFY.replace(",12,deny", ",5,deny").replace("MUG,300", "MUG,310");
        assert_eq!(counts(&import(souk, &vera, store, later, UPSERT).await), completed([0, 1, 2, 0]));
        assert!(variants(souk).await.contains(&("MUG".to_owned(), 850, 12)));
        let done = import(souk, &vera, store, format!("\u{FEFF}{NEW_SHOPIFY}"), UPSERT).await;
        assert_eq!(told(&done), [""; 0]);
        assert_eq!(counts(&done), completed([1, 0, 0, 0]));
        assert!(variants(souk).await.contains(&("JAS-100".to_owned(), 1100, 20)));
        let broken = SHOPIFY.replace("8.50,", "free,");
        let done = import(souk, &vera, store, broken, UPSERT).await;
        let message = "Variant Price must be a number without a unit or a currency, such as 1234.56; got \"free\".";
        assert_eq!(told(&done), [format!("7 Variant Price INVALID {message}")]);
        souk.work().await;
    });
}

#[test]
fn files_of_woocommerce_are_imported() {
    each(async |souk| {
        let (vera, store) = make::shop(souk, "Woo").await;
        let vera = souk.as_user(&vera);
        let done = import(souk, &vera, store, WOOCOMMERCE, UPSERT).await;
        assert_eq!(
            told(&done),
            [
                "5 Type INVALID Type must be simple, variable or variation; products of other types can't be imported.",
                "8 Parent NOT_FOUND The product of the variation is not in the file; export it with the variation."
            ]
        );
        assert_eq!(counts(&done), completed([3, 0, 0, 2]));
        let found = products(souk).await;
        let seen: Vec<_> = found.iter().map(|row| (row.slug.as_str(), row.status.as_str())).collect();
        assert_eq!(seen, [("cap", "ACTIVE"), ("gift-note", "DRAFT"), ("v-neck-t-shirt", "ACTIVE")]);
        assert_eq!(
            (found[2].short_description.as_str(), found[2].description.as_str()),
            ("This is a variable product.", "Pellentesque habitant.\n\nSecond.")
        );
        let rows = product_variant::Entity::find()
            .order_by_asc(product_variant::Column::Sku)
            .all(souk.app.db.read())
            .await
            .expect("rows");
        let seen: Vec<_> = rows
            .iter()
            .map(|row| {
                (
                    row.sku.as_str(),
                    row.name.as_str(),
                    row.price.0,
                    row.compare_at_price.map(|price| price.0),
                    row.stock_quantity,
                    row.active,
                )
            })
            .collect();
        assert_eq!(
            seen,
            [
                ("GNOTE", "Default", 250, None, 0, true),
                ("woo-cap", "Default", 1600, Some(1800), 5, true),
                ("woo-vneck-tee-blue", "Blue / Large", 2000, None, 9, true),
                ("woo-vneck-tee-green", "Green / Small", 2000, None, 4, false)
            ]
        );
        let cap = &rows[1];
        assert_eq!(
            (cap.weight_grams, cap.low_stock_threshold, cap.barcode.as_deref()),
            (Some(200), Some(2), Some("4006381333931"))
        );
        // Products are found again by SKU, and without one by name.
        let again = import(souk, &vera, store, WOOCOMMERCE, UPSERT).await;
        assert_eq!(counts(&again), completed([0, 0, 3, 2]));
        souk.work().await;
    });
}

#[test]
fn encodings_separators_and_line_ends_of_spreadsheets_are_read() {
    each(async |souk| {
        let (vera, store) = make::shop(souk, "Teas").await;
        let vera = souk.as_user(&vera);
        let text = "handle;name;description;price;sku\nchiya;चिया;\"<p>a</p>\n<p>b;c</p>\";4,50;C\nthe;Thé;;5;T\n";
        let files = [
            text.as_bytes().to_vec(),
            format!("\u{FEFF}{text}").into_bytes(),
            text.replace('\n', "\r\n").into_bytes(),
            text.replace('\n', "\r").into_bytes(),
            utf_16(&text.replace('\n', "\r\n")),
            utf_16(&text.replace(";c", ",c").replace(';', "\t").replace(",c", ";c")),
            format!("sep=;\r\n{}", text.replace('\n', "\r\n")).into_bytes(),
        ];
        for (number, file) in files.iter().enumerate() {
            let done = import(souk, &vera, store, file, UPSERT).await;
            assert_eq!(told(&done), [""; 0], "file {number}");
            let expected = if number == 0 { [2, 0, 0, 0] } else { [0, 0, 2, 0] };
            assert_eq!(counts(&done), completed(expected), "file {number}");
        }
        let found = products(souk).await;
        assert_eq!((found[0].name.as_str(), found[0].description.as_str()), ("चिया", "<p>a</p>\n<p>b;c</p>"));
        // A cell of a megabyte is a problem of its line alone.
        let large = format!("handle;name;description;price\nlarge;Large;\"{}\";5\nsmall;Small;x;5\n", "x".repeat(1024 * 1024));
        let done = import(souk, &vera, store, large, How { dry_run: true, ..UPSERT }).await;
        assert_eq!(told(&done), ["2 description TOO_LONG description must have at most 50000 characters; got 1048576."]);
        assert_eq!(counts(&done), completed([1, 0, 0, 1]));
        souk.work().await;
    });
}

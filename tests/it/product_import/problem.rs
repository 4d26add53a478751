//! Every kind of problem, with line, column and words.

use super::{UPSERT, completed, counts, import, products, told, variants};
use crate::app::each;
use crate::make::{self, Make};
use crate::product_type::World;
use entity::value::ProductKind;
use serde_json::json;

#[test]
fn problems_of_a_whole_file_run_nothing() {
    each(async |souk| {
        let (vera, store) = make::shop(souk, "Teas").await;
        let vera = souk.as_user(&vera);
        let ok = "tea,Tea,5\n";
        let header = "handle,name,price\n";
        let too_many = format!("{header}{}", "a,b,c\n".repeat(100_001));
        let cases: Vec<(Vec<u8>, &str)> = vec![
            (b"\n".to_vec(), "0 - REQUIRED The file is empty."),
            (header.as_bytes().to_vec(), "0 - REQUIRED The file has a header and no products."),
            (format!("handle,name,prise\n{ok}").into_bytes(), "1 prise INVALID \"prise\" is no column; did you mean price?"),
            (format!("handle,Handle,price\n{ok}").into_bytes(), "1 Handle TAKEN \"Handle\" is the name of several columns."),
            (
                format!("price,stock\n{ok}").into_bytes(),
                "1 - REQUIRED The file needs a column handle, sku or name, by which products are found.",
            ),
            (
                [header.as_bytes(), b"caf\xE9,Caf\xE9,5\n"].concat(),
                "2 - INVALID_FILE The line is not UTF-8; save the file as \"CSV UTF-8\".",
            ),
            (format!("{header}{ok}cup,\"Cup,5\n{ok}").into_bytes(), "3 - INVALID A quotation mark of the line is not closed."),
            (
                format!("{header}cup,\"{}", "x\n".repeat(2_200_000)).into_bytes(),
                "2 - TOO_LONG The line has more than 4 MiB; perhaps a quotation mark is not closed.",
            ),
            (too_many.into_bytes(), "100002 - LIMIT_REACHED A file can have at most 100000 lines; split it."),
        ];
        for (file, expected) in cases {
            let done = import(souk, &vera, store, &file, UPSERT).await;
            assert_eq!((counts(&done), told(&done)), (("FAILED".to_owned(), [0; 4]), vec![expected.to_owned()]));
        }
        assert_eq!(products(souk).await.len(), 0);
        souk.work().await;
    });
}

#[test]
fn problems_of_lines_leave_their_products_and_the_others_are_written() {
    each(async |souk| {
        let world = World::make(souk).await;
        let vera = souk.as_user(&world.vera);
        let otto = make::vendor(souk, "otto").await;
        let other = make::store(souk, &otto, "Other").await;
        make::product(souk, other, Make { name: "Foreign", ..Make::default() }).await;
        let taken = products(souk).await[0].slug.clone();
        let file = format!(
            "handle,name,status,kind,type,category,tags,seo_title,sku,price,compare_at_price,stock,active,image_urls,attr:material,attr:weight,attr:organic,attr:since,attr:size,option:size\n\
             one,,sold,,,,,,,\"1.234,56\",,,,,,,,,,\n\
             two,Two,,,hats,roofs,,,,12 USD,,1.5,perhaps,,,,,,,\n\
             three,Three,,,clothing,,,,,5,4,,,,silk,\"1,234\",maybe,2024-02-30,xl,\n\
             four,Four,,,clothing,,,,,5,,,,,cotton,,,,s,m\n\
             Five!,Five,,,,,,,,{{none}},,,,ftp://x/y.png,,,,,,\n\
             {taken},Six,,,,,,,,5,,,,,,,,,,\n\
             seven,Seven,,,,,,,SEVEN,5,,,,,,,,,,\n\
             seven,Other,,,,,,,SEVEN,5,,,,,,,,,,\n\
             eight,Ei\u{0}ght,,,,,,,,5,,,,,,,,,,\n\
             nine,Nine,,,,,,,,5,,,,,,,,,,,surplus\n\
             seven,Seven again,,,,,,,,5,,,,,,,,,,\n\
             ten,Ten,ACTIVE,DIGITAL,,,,,,5,,3,,,,,,,,\n\
             eleven,{long},,,,,,,,5,,,,,,,,,,\n\
             good,Good,,,,,,,GOOD,5,,1,,,,,,,,\n",
            long = "x".repeat(201)
        );
        let done = import(souk, &vera, world.store, &file, UPSERT).await;
        let number = "must be a number with one separator, the decimal point, and none between thousands, such as 1234.56; got";
        assert_eq!(told(&done), [
            format!("2 price INVALID price {number} \"1.234,56\"."),
            "2 status INVALID status must be DRAFT, ACTIVE or ARCHIVED; got \"sold\".".to_owned(),
            "2 name REQUIRED name is required.".to_owned(),
            "3 category NOT_FOUND The marketplace has no category \"roofs\"; give its slug.".to_owned(),
            "3 type NOT_FOUND The marketplace has no product type \"hats\"; give its slug.".to_owned(),
            "3 price INVALID price must be a number without a unit or a currency, such as 1234.56; got \"12 USD\".".to_owned(),
            "3 stock INVALID stock must be a whole number; got \"1.5\".".to_owned(),
            "3 active INVALID active must be true or false; got \"perhaps\".".to_owned(),
            format!("4 attr:weight INVALID attr:weight {number} \"1,234\"."),
            "4 attr:organic INVALID attr:organic must be true or false; got \"maybe\".".to_owned(),
            "4 attr:material INVALID \"silk\" is no material; allowed: cotton, wool, hemp.".to_owned(),
            "4 attr:since INVALID since must be a date in the years 1 to 9999, such as 2026-11-27; got \"2024-02-30\".".to_owned(),
            "4 attr:size INVALID \"xl\" is no size; allowed: s, m, l.".to_owned(),
            "4 compare_at_price OUT_OF_RANGE compareAtPrice must be above the price of 5.00; got 4.00.".to_owned(),
            "5 option:size TAKEN size is given twice.".to_owned(),
            "6 price REQUIRED price can't be cleared.".to_owned(),
            "6 image_urls INVALID image_urls must be a URL that begins with https:// or http://, of at most 500 characters.".to_owned(),
            "6 handle INVALID slug must be lower-case letters, digits and single hyphens, of at most 120 characters.".to_owned(),
            format!("7 handle TAKEN The slug {taken:?} is taken; choose another."),
            "9 name INVALID name must be the same in all lines of the product; line 8 has another.".to_owned(),
            "9 sku TAKEN The SKU is also in line 8; a variant has one line.".to_owned(),
            "10 name INVALID name must not contain control characters.".to_owned(),
            "11 - INVALID The line has 21 cells and the header 20; put cells that contain the separator in quotation marks.".to_owned(),
            "12 handle TAKEN The handle is also in line 8; the lines of a product must stand together.".to_owned(),
            "13 status INCOMPLETE A new digital product has no files; create it as DRAFT, add its files, and then set the status ACTIVE.".to_owned(),
                "13 stock INVALID stockQuantity must be 0 for digital products; got 3.".to_owned(),
            "14 name TOO_LONG name must have at most 200 characters; got 201.".to_owned(),
        ]);
        assert_eq!(counts(&done), completed([1, 0, 0, 12]));
        // The value that was found is told with its place.
        assert_eq!(done["problems"]["nodes"][0]["value"], json!("1.234,56"));
        let skus: Vec<_> =
            variants(souk).await.into_iter().map(|(sku, _, _)| sku).filter(|sku| !sku.starts_with("SKU-")).collect();
        assert_eq!(skus, ["GOOD"]);
        souk.work().await;
    });
}

#[test]
fn problems_of_changes_leave_the_product_as_it_is() {
    each(async |souk| {
        let world = World::make(souk).await;
        let vera = souk.as_user(&world.vera);
        let book =
            make::product(souk, world.store, Make { name: "Book", kind: ProductKind::Digital, stock: 0, ..Make::default() })
                .await;
        let sku = |souk_variants: &[(String, i64, i32)], at: usize| souk_variants[at].0.clone();
        let of_book = sku(&variants(souk).await, 0);
        let file = "handle,name,type,sku,price,stock,attr:material,attr:size\n\
            tee,Tee,clothing,A,5,10,cotton,s\n\
            tee,,,B,6,,,m\n\
            cup,Cup,,C,5,10,,\n\
            pot,Pot,,D,5,10,,\n";
        assert_eq!(counts(&import(souk, &vera, world.store, file, UPSERT).await), completed([3, 0, 0, 0]));
        let before = (products(souk).await, variants(souk).await);
        let wrong = format!(
            "handle,name,kind,sku,price,compare_at_price,stock,stock_was,attr:material,attr:size,option:Size\n\
             tee,Tee 2,,A,7,,,,,,\n\
             tee,,,B,,,,,,s,\n\
             cup,Cup 2,,C,,,9,,,,\n\
             pot,Pot 2,DIGITAL,D,,4,9,8,,,\n\
             a,A,,A,,,,,,,\n\
             a,,,C,,,,,,,\n\
             book,{{none}},,{of_book},,,5,0,,,\n"
        );
        let done = import(souk, &vera, world.store, &wrong, UPSERT).await;
        assert_eq!(told(&done), [
            "3 attr:size TAKEN attributes must be unique; another variant of the product has the same.",
            "4 stock REQUIRED stock_was is required to change the stock from 10 to 9: the stock that you saw, so that nothing that was sold meanwhile is lost.",
            "5 kind NOT_ALLOWED kind can't be changed: the product is PHYSICAL.",
            "5 stock_was STALE The stock was changed since the export: it was 8 and is 10.",
            "6 sku TAKEN The SKU is also in line 2; a variant has one line.",
            "7 sku TAKEN The SKU is also in line 4; a variant has one line.",
            "8 name REQUIRED name can't be cleared.",
            "8 stock INVALID stock must be 0 for digital products; got 5."
        ].map(str::to_owned).into_iter().chain([]).collect::<Vec<_>>());
        assert_eq!((products(souk).await, variants(souk).await), before);
        // SKUs of two products in the lines of one.
        let two = "handle,sku,price\nx,A,5\nx,C,5\n";
        let done = import(souk, &vera, world.store, two, UPSERT).await;
        assert_eq!(told(&done), ["2 sku INVALID The SKUs of the lines belong to several products of the store."]);
        // A required attribute is cleared, and what a sale took is not given back.
        let cleared = "handle,sku,compare_at_price,attr:material\ntee,A,,{none}\ncup,C,4,\n";
        let done = import(souk, &vera, world.store, cleared, UPSERT).await;
        assert_eq!(
            told(&done),
            [
                "2 - REQUIRED material is needed for clothing.",
                "3 compare_at_price OUT_OF_RANGE compareAtPrice must be above the price of 5.00; got 4.00."
            ]
        );
        assert_eq!((products(souk).await, variants(souk).await), before);
        let _ = book;
        souk.work().await;
    });
}

#[test]
fn a_product_has_at_most_a_hundred_variants() {
    each(async |souk| {
        let (vera, store) = make::shop(souk, "Teas").await;
        let vera = souk.as_user(&vera);
        let lines = |range: std::ops::Range<i32>| range.map(|n| format!("tea,Tea,T{n},5,{n}\n")).collect::<String>();
        let header = "handle,name,sku,price,option:Size\n";
        let done = import(souk, &vera, store, format!("{header}{}", lines(0..101)), UPSERT).await;
        assert_eq!(told(&done), ["2 - TOO_LONG variants must have at most 100 items; got 101."]);
        let done = import(souk, &vera, store, format!("{header}{}", lines(0..60)), UPSERT).await;
        assert_eq!(counts(&done), completed([1, 0, 0, 0]));
        let done = import(souk, &vera, store, format!("{header}{}", lines(50..111)), UPSERT).await;
        assert_eq!(told(&done), ["52 - LIMIT_REACHED A product can have at most 100 variants; delete one first."]);
        assert_eq!(variants(souk).await.len(), 60);
        let lines = format!("tea,{}", (0..11).map(|n| format!("https://example.com/{n}.png")).collect::<Vec<_>>().join(" "));
        let done = import(souk, &vera, store, format!("handle,image_urls\n{lines}\n"), UPSERT).await;
        assert_eq!(told(&done), ["2 image_urls TOO_LONG A product can have at most 10 image URLs that it does not have yet."]);
        souk.work().await;
    });
}

//! `souk import` and `souk export`.

use super::{run, text};
use crate::app::each;
use crate::make;
use crate::product_import::{products, variants};
use secrecy::ExposeSecret;

#[test]
fn products_are_imported_and_exported_on_the_command_line() {
    each(async |souk| {
        make::shop(souk, "Teas").await;
        let folder = souk.folder.path();
        let url = souk.app.config.database_url.expose_secret().to_owned();
        let data = folder.display().to_string();
        let variables = [("SOUK_DATABASE_URL", url.as_str()), ("SOUK_DATA_DIR", data.as_str())];
        let souk_cli = |arguments: &[&str]| {
            let output = run(folder, arguments, &variables);
            (output.status.code(), text(&output.stdout), text(&output.stderr))
        };
        std::fs::write(folder.join("in.csv"), "handle,name,sku,price,stock\ntea,Tea,T,5,3\ncup,Cup,C,x,1\n").expect("a file");
        let (code, printed, _) = souk_cli(&["import", "--store", "teas", "--dry-run", "in.csv"]);
        let problem = "line 3, column price: price must be a number without a unit or a currency, such as 1234.56; got \"x\".";
        assert!(printed.starts_with(problem), "{printed}");
        assert!(printed.contains("Would import 2 lines: 1 products created, 0 updated, 0 unchanged, 1 failed"), "{printed}");
        assert_eq!((code, products(souk).await.len()), (Some(1), 0));
        let (code, _, errors) = souk_cli(&["import", "--store", "teas", "in.csv"]);
        assert_eq!(code, Some(1), "{errors}");
        assert_eq!(variants(souk).await, [("T".to_owned(), 500, 3)]);
        for format in ["out.csv", "out.jsonl"] {
            let (code, printed, errors) = souk_cli(&["export", "--store", "teas", format]);
            assert_eq!((code, printed.as_str()), (Some(0), format!("Exported 1 products to {format}.\n").as_str()), "{errors}");
            let (code, printed, errors) = souk_cli(&["import", "--store", "teas", "--mode", "update-only", format]);
            assert!(printed.contains("0 products created, 0 updated, 1 unchanged, 0 failed"), "{printed} {errors}");
            assert_eq!(code, Some(0));
        }
        let (code, _, errors) = souk_cli(&["export", "--store", "nothing", "out.csv"]);
        assert_eq!((code, errors.contains("There is no store with the slug \"nothing\".")), (Some(2), true), "{errors}");
        souk.work().await;
    });
}

//! The part of CLDR's data that formatting money needs. The feature `compiled_data` of `icu_experimental` would also compile units,
//! names of languages and more into the binary.

use icu_decimal::provider::{Baked as Decimals, DecimalDigitsV1, DecimalSymbolsV1};
use icu_experimental::dimension::provider::currency::fractions::{CurrencyFractions, CurrencyFractionsV1, FractionInfo};
use icu_provider::prelude::{DataError, DataPayload, DataProvider, DataRequest, DataResponse};
use zerovec::ZeroMap;

/// Provides CLDR data for a currency with `digits` decimals.
pub(super) struct Data {
    /// Decimals according to ISO 4217. CLDR has fewer for currencies whose coins are no longer used, although prices have them.
    pub(super) digits: u8,
}

const _: () = {
    use icu_experimental_data::{
        impl_currency_decimal_symbols_v1, impl_currency_essentials_v1, impl_currency_patterns_no_currency_v1,
        impl_currency_symbols_v1, make_provider,
    };
    mod icu {
        pub(super) use icu_decimal as decimal;
        pub(super) use icu_experimental as experimental;
    }
    make_provider!(Data);
    impl_currency_decimal_symbols_v1!(Data);
    impl_currency_essentials_v1!(Data);
    impl_currency_patterns_no_currency_v1!(Data);
    impl_currency_symbols_v1!(Data);
};

impl DataProvider<CurrencyFractionsV1> for Data {
    fn load(&self, _: DataRequest<'_>) -> Result<DataResponse<CurrencyFractionsV1>, DataError> {
        let default = FractionInfo { digits: self.digits, ..FractionInfo::default() };
        let fractions = CurrencyFractions { fractions: ZeroMap::new(), default };
        Ok(DataResponse { metadata: Default::default(), payload: DataPayload::from_owned(fractions) })
    }
}

impl DataProvider<DecimalDigitsV1> for Data {
    fn load(&self, request: DataRequest<'_>) -> Result<DataResponse<DecimalDigitsV1>, DataError> {
        Decimals.load(request)
    }
}

impl DataProvider<DecimalSymbolsV1> for Data {
    fn load(&self, request: DataRequest<'_>) -> Result<DataResponse<DecimalSymbolsV1>, DataError> {
        Decimals.load(request)
    }
}

//! Random worlds, where every answer of the index is compared with the slow and obvious one, computed from the documents.

use super::*;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// Few words, so that everything collides: compounds, stems, beginnings and typos of each other.
const WORDS: [&str; 34] = [
    "red",
    "shirt",
    "shirts",
    "tshirt",
    "T-Shirt",
    "t",
    "iphone",
    "15",
    "iphone15",
    "running",
    "runs",
    "run",
    "shoe",
    "shoes",
    "leather",
    "lether",
    "laether",
    "chocolate",
    "chocolates",
    "chocolte",
    "chcolte",
    "Café",
    "cafe",
    "the",
    "of",
    "緑茶",
    "茶",
    "お茶",
    "wi-fi",
    "wifi",
    "USB",
    "c",
    "usbc",
    "eather",
];

struct World {
    random: StdRng,
    stores: Vec<Store>,
    categories: Vec<Category>,
    attributes: Vec<Attribute>,
    synonyms: Synonyms,
    documents: BTreeMap<Uuid, Document>,
    stems: Stems,
}

impl World {
    fn new(seed: u64) -> Self {
        let mut world = Self {
            random: StdRng::seed_from_u64(seed),
            stores: Vec::new(),
            categories: Vec::new(),
            attributes: Vec::new(),
            synonyms: Synonyms::default(),
            documents: BTreeMap::new(),
            stems: Stems::new(&[Language::En]),
        };
        for _ in 0..3 {
            let store = Store { id: world.id(), name: world.text(0, 2), slug: world.id().to_string(), is_open: world.chance(80) };
            world.stores.push(store);
        }
        for at in 0..6 {
            let parent = (at > 1 && world.chance(80)).then(|| world.categories[world.random.random_range(0..at)].id);
            let (id, name, slug) = (world.id(), world.text(0, 2), world.id().to_string());
            let is_active = world.chance(85);
            let position = world.random.random_range(0..3);
            world.categories.push(Category { id, parent, name, slug, is_active, position });
        }
        for n in 0..5 {
            let kind = match n {
                0 | 1 => AttributeKind::Choices(
                    (0..3)
                        .map(|_| Choice { id: world.id(), name: world.text(1, 1), slug: world.id().to_string(), swatch: None })
                        .collect(),
                ),
                2 => AttributeKind::Flag,
                3 => AttributeKind::Number,
                _ => AttributeKind::Date,
            };
            let attribute =
                Attribute { id: world.id(), name: format!("A{n}"), slug: format!("a{n}"), kind, is_filterable: world.chance(90) };
            world.attributes.push(attribute);
        }
        let group = (0..3).map(|_| world.word()).collect::<Vec<_>>();
        let is_one_way = world.chance(50);
        world.synonyms = Synonyms::new([(group, is_one_way)]);
        for _ in 0..world.random.random_range(0..40) {
            let document = world.document();
            world.documents.insert(document.id, document);
        }
        world
    }

    fn id(&mut self) -> Uuid {
        Uuid::from_u128(self.random.random())
    }

    fn chance(&mut self, percent: u32) -> bool {
        self.random.random_range(0..100) < percent
    }

    fn word(&mut self) -> String {
        WORDS[self.random.random_range(0..WORDS.len())].to_owned()
    }

    fn text(&mut self, least: usize, most: usize) -> String {
        let words: Vec<_> = (0..self.random.random_range(least..=most)).map(|_| self.word()).collect();
        words.join(" ")
    }

    fn values(&mut self) -> (Vec<Value>, Vec<(Uuid, i64)>) {
        let (mut values, mut numbers) = (Vec::new(), Vec::new());
        for attribute in self.attributes.clone() {
            if self.chance(50) {
                continue;
            }
            match &attribute.kind {
                AttributeKind::Choices(choices) => {
                    values.push(Value::Choice(choices[self.random.random_range(0..choices.len())].id));
                }
                AttributeKind::Flag => values.push(Value::Flag(attribute.id, self.chance(50))),
                _ => numbers.push((attribute.id, self.random.random_range(-3..6) * 1_000_000)),
            }
        }
        (values, numbers)
    }

    fn document(&mut self) -> Document {
        let (mut values, numbers) = if self.chance(50) { self.values() } else { Default::default() };
        values.extend((0..self.random.random_range(0..3)).map(|_| Value::Tag(self.word())).collect::<BTreeSet<_>>());
        let variants: Vec<_> = (0..self.random.random_range(1..4))
            .map(|_| {
                let (values, numbers) = self.values();
                let price = self.random.random_range(0..8) * 500;
                DocumentVariant { price, is_in_stock: self.chance(60), is_on_sale: self.chance(30), values, numbers }
            })
            .collect();
        let store = self.random.random_range(0..self.stores.len());
        let category = self.random.random_range(0..self.categories.len() + 1);
        Document {
            id: self.id(),
            store: self.stores[store].id,
            category: self.categories.get(category).map(|row| row.id),
            name: self.text(1, 3),
            tags: (0..self.random.random_range(0..2)).map(|_| self.text(1, 2)).collect(),
            description: self.text(0, 5),
            is_digital: self.chance(20),
            is_featured: self.chance(20),
            is_bestseller: self.chance(20),
            is_new_arrival: self.chance(30),
            sales: self.random.random_range(0..3),
            views: self.random.random_range(0..3),
            rating: self.random.random_range(0..6) * 100,
            min_price: variants.iter().map(|variant| variant.price).min().unwrap_or(0),
            created_at: self.random.random_range(0..5),
            published_at: self.chance(80).then(|| self.random.random_range(0..5)),
            values,
            numbers,
            variants,
        }
    }

    fn fill(&self, index: &MemoryIndex) {
        let mut updates = vec![Update::Categories(self.categories.clone()), Update::Attributes(self.attributes.clone())];
        updates.push(Update::Synonyms(self.synonyms.clone()));
        updates.extend(self.stores.iter().cloned().map(Update::Store));
        updates.extend(self.documents.values().cloned().map(|document| Update::Put(Box::new(document))));
        index.apply(updates);
    }

    /// Changes something at random, in the world and in the index.
    fn change(&mut self, index: &MemoryIndex) {
        let ids: Vec<_> = self.documents.keys().copied().collect();
        let some = |random: &mut StdRng| (!ids.is_empty()).then(|| ids[random.random_range(0..ids.len())]);
        let update = match self.random.random_range(0..9) {
            0 | 1 => {
                let mut document = self.document();
                if let Some(id) = some(&mut self.random).filter(|_| self.random.random_bool(0.7)) {
                    document.id = id;
                }
                self.documents.insert(document.id, document.clone());
                Update::Put(Box::new(document))
            }
            2..5 => {
                let Some(id) = some(&mut self.random) else { return };
                let (price, stock, sales) =
                    (self.random.random_range(0..8) * 500, self.chance(50), self.random.random_range(0..3));
                let (views, is_bestseller) = (self.random.random_range(0..3), self.chance(50));
                let document = self.documents.get_mut(&id).expect("a document");
                document.variants[0].price = price;
                document.variants[0].is_in_stock = stock;
                document.min_price = document.variants.iter().map(|variant| variant.price).min().expect("a variant");
                (document.sales, document.views, document.is_bestseller) = (sales, views, is_bestseller);
                Update::Put(Box::new(document.clone()))
            }
            5 => {
                let Some(id) = some(&mut self.random) else { return };
                self.documents.remove(&id);
                Update::Remove(id)
            }
            6 => {
                let (at, name) = (self.random.random_range(0..self.stores.len()), self.text(0, 2));
                let store = &mut self.stores[at];
                (store.is_open, store.name) = (!store.is_open, name);
                Update::Store(store.clone())
            }
            7 => {
                let (at, name, is_active) =
                    (self.random.random_range(0..self.categories.len()), self.text(0, 2), self.chance(85));
                let category = &mut self.categories[at];
                (category.name, category.is_active) = (name, is_active);
                Update::Categories(self.categories.clone())
            }
            _ => {
                let name = self.word();
                if let AttributeKind::Choices(choices) = &mut self.attributes[0].kind {
                    choices[0].name = name;
                }
                Update::Attributes(self.attributes.clone())
            }
        };
        index.apply(vec![update]);
    }

    fn query(&mut self) -> Query {
        let mut text = self.text(0, 3);
        if self.chance(30) {
            // A typo.
            let at = self.random.random_range(0..=text.chars().count());
            text = text.chars().enumerate().filter(|(place, _)| *place != at).map(|(_, c)| c).collect();
        }
        if self.chance(30) {
            text.truncate(text.char_indices().map(|(at, _)| at).nth(text.chars().count().saturating_sub(2)).unwrap_or(0));
        }
        if self.chance(30) {
            text.push(' ');
        }
        let mut conditions = Vec::new();
        for attribute in self.attributes.clone() {
            if self.chance(75) {
                continue;
            }
            conditions.push(match &attribute.kind {
                AttributeKind::Choices(choices) => {
                    let picked = choices.iter().filter(|_| self.random.random_bool(0.5)).map(|choice| Value::Choice(choice.id));
                    Condition::Values(Some(attribute.id), picked.collect())
                }
                AttributeKind::Flag => Condition::Values(Some(attribute.id), vec![Value::Flag(attribute.id, self.chance(50))]),
                _ => Condition::Range {
                    attribute: attribute.id,
                    min: self.chance(50).then_some(0),
                    max: self.chance(50).then_some(3_000_000),
                },
            });
        }
        let is_by_product = self.chance(20);
        // Of products that are hidden, too, and of one that does not exist.
        let mut pinned = Vec::new();
        if self.chance(15) {
            pinned = self.documents.keys().copied().filter(|_| self.random.random_bool(0.2)).collect();
            pinned.push(Uuid::from_u128(u128::MAX));
        }
        let filter = Filter {
            categories: self.chance(30).then(|| vec![self.categories[self.random.random_range(0..self.categories.len())].id]),
            stores: self.chance(20).then(|| self.stores.iter().take(2).map(|store| store.id).collect()),
            is_by_product,
            min_price: self.chance(20).then_some(500),
            max_price: self.chance(20).then_some(2_500),
            min_rating: self.chance(20).then_some(300),
            is_in_stock: self.chance(30).then(|| self.random.random_bool(0.7)),
            is_on_sale: self.chance(20).then(|| self.random.random_bool(0.7)),
            is_featured: self.chance(5).then_some(true),
            is_bestseller: self.chance(5).then(|| self.random.random_bool(0.7)),
            is_new_arrival: self.chance(5).then(|| self.random.random_bool(0.7)),
            is_digital: self.chance(10).then_some(false),
            published_from: self.chance(10).then_some(2),
            published_before: self.chance(10).then_some(4),
            conditions,
        };
        let sorts = [
            Sort::Relevance,
            Sort::Relevance,
            Sort::Relevance,
            Sort::PriceLowToHigh,
            Sort::PriceHighToLow,
            Sort::Newest,
            Sort::Rating,
            Sort::BestSelling,
            Sort::MostViewed,
        ];
        let sort = sorts[self.random.random_range(0..sorts.len())];
        Query {
            text: self.chance(80).then_some(text),
            filter,
            sort,
            page: Page { limit: self.random.random_range(1..6), ..Page::default() },
            // Facets count variants.
            facets: (!is_by_product).then(|| FacetRequest { slugs: None, values: self.random.random_range(1..4) }),
            reading: None,
            is_exact: self.chance(15),
            pinned,
        }
    }

    // The obvious answers.

    fn shows(&self, document: &Document) -> bool {
        self.stores.iter().any(|store| store.id == document.store && store.is_open)
    }

    /// The category and all above it, from below.
    fn path(&self, category: Option<Uuid>) -> Vec<&Category> {
        let mut path: Vec<&Category> = Vec::new();
        let mut next = category;
        while let Some(row) = next.and_then(|id| self.categories.iter().find(|row| row.id == id)) {
            path.push(row);
            next = row.parent;
        }
        path
    }

    fn owner_names(&self, document: &Document) -> Vec<String> {
        let mut names: Vec<String> =
            self.stores.iter().filter(|store| store.id == document.store).map(|store| store.name.clone()).collect();
        for category in self.path(document.category) {
            if self.path(Some(category.id)).iter().all(|row| row.is_active) {
                names.push(category.name.clone());
            }
        }
        let values = document.values.iter().chain(document.variants.iter().flat_map(|variant| &variant.values));
        for value in values {
            for attribute in &self.attributes {
                if let (AttributeKind::Choices(choices), Value::Choice(id)) = (&attribute.kind, value) {
                    names.extend(choices.iter().filter(|choice| choice.id == *id).map(|choice| choice.name.clone()));
                }
            }
        }
        names
    }

    fn cost_of_word(&self, document: &Document, word: &QueryWord, with_typos: bool) -> Option<usize> {
        let texts = |text: &str| tokens(text).into_iter().map(|token| token.text).collect::<Vec<_>>();
        let name = texts(&document.name);
        let mut short = name.clone();
        short.extend(compounds(&tokens(&document.name)).map(|(_, word)| word));
        short.extend(document.tags.iter().flat_map(|tag| texts(tag)));
        let owned: Vec<String> = self.owner_names(document).iter().flat_map(|name| texts(name)).collect();
        let description = texts(&document.description);
        let all_short = || short.iter().chain(&owned);
        let is_form = |other: &String, form: &String| {
            let stems = self.stems.of(form);
            other == form || self.stems.of(other).iter().any(|stem| stems.contains(stem))
        };
        let forms: Vec<String> = std::iter::once(&word.text).chain(self.synonyms.of(&word.text)).cloned().collect();
        if name.contains(&word.text) {
            return Some(0);
        }
        if all_short().any(|other| forms.iter().any(|form| is_form(other, form)))
            || short.iter().any(|other| word.joined.iter().any(|(joined, _)| joined == other))
        {
            return Some(1);
        }
        if word.is_prefix && all_short().any(|other| other.starts_with(&word.text))
            || short.iter().any(|other| word.joined.iter().any(|(joined, is_prefix)| *is_prefix && other.starts_with(joined)))
        {
            return Some(2);
        }
        let most = if with_typos { usize::from(max_typos(&word.text)) } else { 0 };
        let typos = |other: &String| {
            let distance = if word.is_prefix {
                (0..=other.chars().count())
                    .map(|length| strsim::osa_distance(&word.text, &other.chars().take(length).collect::<String>()))
                    .min()
                    .unwrap_or(9)
            } else {
                strsim::osa_distance(&word.text, other)
            };
            (distance > 0).then(|| distance + usize::from(other.as_bytes().first() != word.text.as_bytes().first()))
        };
        let best = all_short().filter_map(typos).filter(|typos| *typos <= most).min();
        if best == Some(1) {
            return Some(3);
        }
        if description
            .iter()
            .any(|other| forms.iter().any(|form| is_form(other, form)) || (word.is_prefix && other.starts_with(&word.text)))
        {
            return Some(4);
        }
        best.map(|_| 5)
    }

    fn cost(&self, document: &Document, words: &[QueryWord], with_typos: bool) -> Option<usize> {
        words.iter().map(|word| self.cost_of_word(document, word, with_typos)).sum()
    }

    /// Conditions by the facet they belong to; each is asked of a product and one of its variants.
    fn holds(&self, filter: &Filter, without: &str, document: &Document, variant: &DocumentVariant) -> bool {
        let any_in_stock = document.variants.iter().any(|variant| variant.is_in_stock);
        let any_on_sale = document.variants.iter().any(|variant| variant.is_on_sale);
        let has = |value: &Value| document.values.contains(value) || variant.values.contains(value);
        let skip = |slug: &str| slug == without;
        let by_product = filter.is_by_product;
        let price = if by_product { document.min_price } else { variant.price };
        let in_stock = if by_product { any_in_stock } else { variant.is_in_stock };
        let on_sale = if by_product { any_on_sale } else { variant.is_on_sale };
        filter.categories.as_ref().is_none_or(|ids| self.path(document.category).iter().any(|row| ids.contains(&row.id)))
            && (skip("store") || filter.stores.as_ref().is_none_or(|ids| ids.contains(&document.store)))
            && (skip("price")
                || filter.min_price.is_none_or(|min| price >= min) && filter.max_price.is_none_or(|max| price <= max))
            && (skip("rating") || filter.min_rating.is_none_or(|min| document.rating >= min))
            && (skip("in-stock") || filter.is_in_stock.is_none_or(|is| if is { in_stock } else { !any_in_stock }))
            && (skip("on-sale") || filter.is_on_sale.is_none_or(|is| if is { on_sale } else { !any_on_sale }))
            && (skip("kind") || filter.is_digital.is_none_or(|is| document.is_digital == is))
            && filter.is_featured.is_none_or(|is| document.is_featured == is)
            && filter.is_bestseller.is_none_or(|is| document.is_bestseller == is)
            && filter.is_new_arrival.is_none_or(|is| document.is_new_arrival == is)
            && filter.published_from.is_none_or(|from| document.published_at.is_some_and(|at| at >= from))
            && filter.published_before.is_none_or(|before| document.published_at.is_some_and(|at| at < before))
            && filter.conditions.iter().all(|condition| match condition {
                Condition::Values(Some(attribute), values) => {
                    let slug = self.attributes.iter().find(|row| row.id == *attribute).map(|row| row.slug.as_str());
                    slug == Some(without) || values.iter().any(has)
                }
                Condition::Values(None, values) => values.iter().any(has),
                Condition::Range { attribute, min, max } => {
                    let slug = self.attributes.iter().find(|row| row.id == *attribute).map(|row| row.slug.as_str());
                    let mut numbers = document.numbers.iter().chain(&variant.numbers);
                    slug == Some(without)
                        || numbers.any(|(of, number)| {
                            of == attribute && min.is_none_or(|min| *number >= min) && max.is_none_or(|max| *number <= max)
                        })
                }
            })
    }

    fn found(&self, filter: &Filter, without: &str, matching: &[&Document]) -> Vec<(Document, DocumentVariant)> {
        let all = matching.iter().flat_map(|document| document.variants.iter().map(move |variant| (*document, variant)));
        let all = all.filter(|(document, variant)| self.holds(filter, without, document, variant));
        all.map(|(document, variant)| (document.clone(), variant.clone())).collect()
    }

    fn matching(&self, words: &[QueryWord], with_typos: bool) -> Vec<&Document> {
        let shown = self.documents.values().filter(|document| self.shows(document));
        shown.filter(|document| self.cost(document, words, with_typos).is_some()).collect()
    }

    fn reading(&self, query: &Query, words: &[QueryWord]) -> Option<Reading> {
        if words.is_empty() {
            return None;
        }
        for count in (1..=words.len()).rev() {
            let reading = |with_typos| Some(Reading { with_typos, words: count as u8 });
            let exact = self.matching(&words[..count], false).len();
            let tolerant = self.matching(&words[..count], true).len();
            if query.is_exact || exact >= 10 {
                return reading(false);
            }
            if tolerant > exact {
                return reading(true);
            }
            if exact > 0 || count == 1 {
                return reading(false);
            }
        }
        None
    }

    fn sort_value(sort: Sort, document: &Document) -> i64 {
        match sort {
            Sort::Relevance | Sort::BestSelling => -document.sales,
            Sort::PriceLowToHigh => document.min_price,
            Sort::PriceHighToLow => -document.min_price,
            Sort::Newest => -document.created_at,
            Sort::Rating => -i64::from(document.rating),
            Sort::MostViewed => -document.views,
        }
    }

    fn check(&self, index: &MemoryIndex, query: &Query, context: &str) {
        let words = query.text.as_deref().map_or_else(Vec::new, |text| query_words(text, &self.stems));
        let answer = index.search(query);
        let reading = self.reading(query, &words);
        assert_eq!(answer.reading, reading, "{context}");
        let used = &words[..reading.map_or(0, |reading| usize::from(reading.words))];
        let with_typos = reading.is_some_and(|reading| reading.with_typos);
        let mut matching = self.matching(used, with_typos);
        let is_pinned = |document: &&Document| query.pinned.contains(&document.id) && self.shows(document);
        let pinned: Vec<&Document> = self.documents.values().filter(is_pinned).collect();
        for document in &pinned {
            if !matching.iter().any(|found| found.id == document.id) {
                matching.push(document);
            }
        }
        let cost_of = |document: &Document| {
            let is_pinned = pinned.iter().any(|found| found.id == document.id);
            if is_pinned { 0 } else { self.cost(document, used, with_typos).expect("it matches") }
        };
        let mut keys: Vec<Key> = Vec::new();
        let ids: BTreeSet<Uuid> = self.found(&query.filter, "", &matching).iter().map(|(document, _)| document.id).collect();
        for id in &ids {
            let document = &self.documents[id];
            let cost = if query.sort == Sort::Relevance { cost_of(document) } else { 0 };
            keys.push(Key { cost: cost as u16, value: Self::sort_value(query.sort, document), id: *id });
        }
        keys.sort();
        assert_eq!(answer.total, keys.len() as u64, "{context}");
        // Every page, forwards and backwards, from the first and from the last.
        for is_last in [false, true] {
            let (mut seen, mut page) = (Vec::new(), Page { is_last, ..query.page });
            loop {
                let found = index.search(&Query { page, reading, facets: None, ..query.clone() });
                let mut hits: Vec<Key> = found.hits.iter().map(|hit| hit.key).collect();
                for hit in &found.hits {
                    let document = &self.documents[&hit.key.id];
                    let variants = document.variants.iter().enumerate();
                    let cheapest = variants.filter(|(_, variant)| self.holds(&query.filter, "", document, variant));
                    let cheapest = cheapest.min_by_key(|(at, variant)| (variant.price, *at)).map(|(at, _)| at as u16);
                    assert_eq!(hit.variant, cheapest, "{context}");
                }
                if is_last {
                    hits.extend(seen);
                    seen = hits;
                    page.before = seen.first().copied();
                } else {
                    seen.extend(hits);
                    page.after = seen.last().copied();
                }
                if !found.has_more {
                    break;
                }
            }
            assert_eq!(seen, keys, "{context}, from the end: {is_last}");
        }
        for facet in &answer.facets {
            self.check_facet(query, &matching, facet, context);
        }
        let builtin: Vec<&str> = answer.facets.iter().map(|facet| facet.slug.as_str()).take(7).collect();
        assert_eq!(builtin, if query.facets.is_some() { facet_slug::ALL.as_slice() } else { &[] });
    }

    /// Compares the related products of each document.
    fn check_related(&self, index: &MemoryIndex, context: &str) {
        let words = |document: &Document| -> BTreeSet<String> {
            let all = tokens(&document.name).into_iter().map(|token| token.text);
            all.filter(|word| !self.stems.is_stop_word(word)).collect()
        };
        let is_tag = |value: &&Value| matches!(value, Value::Tag(_));
        let tags = |document: &Document| document.values.iter().filter(is_tag).cloned().collect::<BTreeSet<_>>();
        let values = |document: &Document| {
            let all = document.values.iter().chain(document.variants.iter().flat_map(|variant| &variant.values));
            all.filter(|value| matches!(value, Value::Choice(_) | Value::Flag(..))).cloned().collect::<BTreeSet<_>>()
        };
        for of in self.documents.values() {
            let path = self.path(of.category);
            let within = |top: Option<&&Category>| -> Vec<&Document> {
                let others = self.documents.values().filter(|document| document.id != of.id && self.shows(document));
                others
                    .filter(|document| self.path(document.category).iter().any(|row| Some(row.id) == top.map(|top| top.id)))
                    .collect()
            };
            let mut near = within(path.first());
            if near.len() < 12 && path.len() > 1 {
                near = within(path.get(1));
            }
            let mut expected: Vec<_> = near
                .into_iter()
                .map(|other| {
                    let shared = 3 * tags(of).intersection(&tags(other)).count()
                        + 2 * values(of).intersection(&values(other)).count()
                        + 2 * words(of).intersection(&words(other)).count();
                    let (low, high) = (of.min_price.min(other.min_price).max(1), of.min_price.max(other.min_price).max(1));
                    let octaves = (high as f64 / low as f64).log2().floor() as i64;
                    (Reverse(shared as i64 - octaves), Reverse(other.sales), other.id)
                })
                .collect();
            expected.sort();
            let expected: Vec<Uuid> = if self.shows(of) { expected.into_iter().map(|(.., id)| id).collect() } else { Vec::new() };
            for limit in [3, 100] {
                let found = index.related(&RelatedTo { id: of.id, name: of.name.clone(), limit });
                let expected: Vec<_> = expected.iter().copied().take(limit).collect();
                assert_eq!(found, expected, "{context}, related to {of:?}");
            }
        }
    }

    fn check_facet(&self, query: &Query, matching: &[&Document], facet: &Facet, context: &str) {
        let found = self.found(&query.filter, &facet.slug, matching);
        let count = |holds: &dyn Fn(&Document, &DocumentVariant) -> bool| {
            let ids: BTreeSet<Uuid> =
                found.iter().filter(|(document, variant)| holds(document, variant)).map(|(d, _)| d.id).collect();
            ids.len() as u64
        };
        let context = format!("{context}, facet {facet:?}");
        match &facet.counts {
            Counts::Values { values, other } => {
                let expected: BTreeMap<String, u64> = match facet.slug.as_str() {
                    "category" => {
                        let top = query.filter.categories.as_ref().map(|ids| ids[0]);
                        let shown = |row: &&Category| self.path(Some(row.id)).iter().all(|row| row.is_active);
                        let below = self.categories.iter().filter(|row| row.parent == top).filter(shown);
                        below
                            .map(|row| {
                                let in_it =
                                    |document: &Document| self.path(document.category).iter().any(|above| above.id == row.id);
                                (row.slug.clone(), count(&|document, _| in_it(document)))
                            })
                            .collect()
                    }
                    "store" => {
                        let open = self.stores.iter().filter(|store| store.is_open);
                        open.map(|store| (store.slug.clone(), count(&|document, _| document.store == store.id))).collect()
                    }
                    "in-stock" => [("true".to_owned(), count(&|_, variant| variant.is_in_stock))].into(),
                    "on-sale" => [("true".to_owned(), count(&|_, variant| variant.is_on_sale))].into(),
                    "kind" => [
                        ("physical".to_owned(), count(&|document, _| !document.is_digital)),
                        ("digital".to_owned(), count(&|document, _| document.is_digital)),
                    ]
                    .into(),
                    slug => {
                        let attribute = self.attributes.iter().find(|row| row.slug == slug).expect("an attribute");
                        assert!(attribute.is_filterable);
                        let all: Vec<(String, Value)> = match &attribute.kind {
                            AttributeKind::Choices(choices) => {
                                choices.iter().map(|choice| (choice.slug.clone(), Value::Choice(choice.id))).collect()
                            }
                            _ => [false, true].map(|is| (is.to_string(), Value::Flag(attribute.id, is))).into(),
                        };
                        let has = |document: &Document, variant: &DocumentVariant, value: &Value| {
                            document.values.contains(value) || variant.values.contains(value)
                        };
                        all.iter()
                            .map(|(slug, value)| (slug.clone(), count(&|document, variant| has(document, variant, value))))
                            .collect()
                    }
                };
                for value in values {
                    assert_eq!(expected.get(&value.slug), Some(&value.count), "{context}");
                }
                let listed: u64 = values.iter().map(|value| value.count).sum();
                assert_eq!(listed + other, expected.values().sum::<u64>(), "{context}");
                let order: Vec<_> = values.iter().map(|value| (Reverse(value.count), value.name.clone())).collect();
                assert!(order.is_sorted() || facet.slug == "kind", "{context}");
                let selected = values.iter().filter(|value| value.is_selected).count();
                let limit = query.facets.as_ref().map_or(0, |facets| facets.values);
                assert!(values.len() <= limit + selected || facet.slug == "kind", "{context}");
            }
            Counts::Dates { min, max } => {
                let attribute = self.attributes.iter().find(|row| row.slug == facet.slug).expect("an attribute");
                assert_eq!(attribute.kind, AttributeKind::Date);
                let all = found.iter().flat_map(|(document, variant)| document.numbers.iter().chain(&variant.numbers));
                let dates: Vec<i64> = all.filter(|(of, _)| *of == attribute.id).map(|(_, date)| *date).collect();
                assert_eq!((Some(min), Some(max)), (dates.iter().min(), dates.iter().max()), "{context}");
            }
            Counts::Ranges { min, max, bands } => {
                let numbers: Vec<(Uuid, i64)> = match facet.slug.as_str() {
                    "price" => found.iter().map(|(document, variant)| (document.id, variant.price)).collect(),
                    "rating" => found.iter().map(|(document, _)| (document.id, i64::from(document.rating))).collect(),
                    slug => {
                        let attribute = self.attributes.iter().find(|row| row.slug == slug).expect("an attribute").id;
                        let all = found.iter().flat_map(|(document, variant)| {
                            let numbers = document.numbers.iter().chain(&variant.numbers).filter(|(of, _)| *of == attribute);
                            numbers.map(|(_, number)| (document.id, *number)).collect::<Vec<_>>()
                        });
                        all.collect()
                    }
                };
                if facet.slug != "rating" {
                    assert_eq!(*min, numbers.iter().map(|(_, number)| *number).min(), "{context}");
                    assert_eq!(*max, numbers.iter().map(|(_, number)| *number).max(), "{context}");
                    let is_in_a_band = |number: i64| {
                        bands.iter().any(|band| number >= band.from && band.below.is_none_or(|below| number < below))
                    };
                    assert!(numbers.iter().all(|(_, number)| is_in_a_band(*number)), "{context}");
                }
                for band in bands {
                    let within = numbers
                        .iter()
                        .filter(|(_, number)| *number >= band.from && band.below.is_none_or(|below| *number < below));
                    let ids: BTreeSet<Uuid> = within.map(|(id, _)| *id).collect();
                    assert_eq!(ids.len() as u64, band.count, "{context}");
                    assert!(band.count > 0);
                }
            }
        }
    }
}

fn worlds(seeds: std::ops::Range<u64>) {
    for seed in seeds {
        let mut world = World::new(seed);
        let index = MemoryIndex::new(&[Language::En]);
        world.fill(&index);
        for round in 0..6 {
            for at in 0..4 {
                let query = world.query();
                world.check(&index, &query, &format!("seed {seed}, round {round}, query {at}: {query:?}"));
            }
            world.check_related(&index, &format!("seed {seed}, round {round}"));
            for _ in 0..5 {
                world.change(&index);
            }
        }
        let compacted = index.compacted();
        let query = world.query();
        world.check(&compacted, &query, &format!("seed {seed}, compacted"));
    }
}

#[test]
fn answers_are_those_of_the_documents() {
    worlds(0..40);
}

#[test]
#[ignore = "takes a minute; on request"]
fn answers_are_those_of_the_documents_in_many_worlds() {
    worlds(100..2_000);
}

//! Synthetic products: words by Zipf's law, a tree of categories, variants with colors and sizes.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use souk_core::provider::search::{
    Attribute, AttributeKind, Category, Choice, Condition, Document, DocumentVariant, FacetRequest, Filter, Page, Query, Sort,
    Store, Update, Value,
};
use uuid::Uuid;

const STORES: usize = 5_000;
const LEAVES: usize = 600;
const NAME_WORDS: usize = 13_000;
const TEXT_WORDS: usize = 60_000;
/// Attributes with the number of their choices; the first two are of the variants.
const ATTRIBUTES: [(&str, usize); 4] = [("color", 20), ("size", 12), ("material", 30), ("brand", 2_000)];

/// A catalog, and the queries about it.
pub struct World {
    random: StdRng,
    words: Vec<String>,
    stores: Vec<Uuid>,
    categories: Vec<Category>,
    choices: Vec<Vec<Uuid>>,
    attributes: Vec<Uuid>,
    documents: Vec<Document>,
}

/// A product for tables of a database.
pub struct FlatProduct {
    pub id: usize,
    /// Number of its leaf category.
    pub category: usize,
    pub material: usize,
    /// Color of each variant.
    pub colors: Vec<usize>,
    pub name: String,
    pub tags: String,
    pub description: String,
}

type MakeQuery = Box<dyn Fn(usize) -> Query>;

impl World {
    pub fn new() -> Self {
        let mut random = StdRng::seed_from_u64(1);
        let mut words = std::collections::BTreeSet::new();
        while words.len() < TEXT_WORDS {
            let syllables = random.random_range(2..5);
            words.insert((0..syllables).map(|_| syllable(&mut random)).collect::<String>());
        }
        let mut words: Vec<String> = words.into_iter().collect();
        for at in (1..words.len()).rev() {
            words.swap(at, random.random_range(0..=at));
        }
        let mut id = || Uuid::from_u128(random.random());
        let stores = (0..STORES).map(|_| id()).collect();
        let attributes = ATTRIBUTES.iter().map(|_| id()).collect();
        let choices = ATTRIBUTES.iter().map(|(_, count)| (0..*count).map(|_| id()).collect()).collect();
        let mut categories: Vec<Category> = Vec::new();
        for (level, count) in [(0, 20), (1, 120), (2, LEAVES)] {
            let above: Vec<Uuid> = categories.iter().filter(|row| row.position == level - 1).map(|row| row.id).collect();
            for n in 0..count {
                let parent = above.get(n % above.len().max(1)).copied();
                let (id, name) = (id(), words[(n * 7 + level as usize) % NAME_WORDS].clone());
                categories.push(Category { id, parent, slug: id.to_string(), name, is_active: true, position: level });
            }
        }
        Self { random, words, stores, categories, choices, attributes, documents: Vec::new() }
    }

    /// A number below `count`, small ones much more often.
    fn zipf(&mut self, count: usize) -> usize {
        let part: f64 = self.random.random();
        ((count as f64).powf(part) - 1.0) as usize
    }

    fn word(&mut self, count: usize) -> String {
        let at = self.zipf(count);
        self.words[at].clone()
    }

    /// Names of stores, categories and attributes.
    pub fn names(&mut self) -> Vec<Update> {
        let mut all = vec![Update::Categories(self.categories.clone())];
        let attribute = |(at, (slug, _)): (usize, &(&str, usize))| {
            let choice = |(n, id): (usize, &Uuid)| Choice {
                id: *id,
                name: format!("{slug} {n}"),
                slug: format!("{slug}-{n}"),
                swatch: None,
            };
            let choices = self.choices[at].iter().enumerate().map(choice).collect();
            let (id, slug) = (self.attributes[at], (*slug).to_owned());
            Attribute { id, name: slug.clone(), slug, kind: AttributeKind::Choices(choices), is_filterable: true }
        };
        all.push(Update::Attributes(ATTRIBUTES.iter().enumerate().map(attribute).collect()));
        for id in self.stores.clone() {
            let name = self.word(NAME_WORDS);
            all.push(Update::Store(Store { id, name, slug: id.to_string(), is_open: true }));
        }
        all
    }

    fn choice(&mut self, attribute: usize) -> Value {
        let at = self.zipf(self.choices[attribute].len());
        Value::Choice(self.choices[attribute][at])
    }

    /// The next product.
    pub fn document(&mut self) -> Document {
        let words = |world: &mut Self, from: usize, to: usize, count: usize| -> String {
            let all: Vec<_> = (0..world.random.random_range(from..=to)).map(|_| world.word(count)).collect();
            all.join(" ")
        };
        let variants: Vec<DocumentVariant> = (0..self.random.random_range(1..=6))
            .map(|_| DocumentVariant {
                price: self.random.random_range(100..20_000),
                is_in_stock: self.random.random_bool(0.8),
                is_on_sale: self.random.random_bool(0.1),
                values: vec![self.choice(0), self.choice(1)],
                numbers: Vec::new(),
            })
            .collect();
        let store = self.random.random_range(0..STORES);
        let category = self.categories.len() - 1 - self.zipf(LEAVES);
        let document = Document {
            id: Uuid::from_u128(self.random.random()),
            store: self.stores[store],
            category: Some(self.categories[category].id),
            name: words(self, 3, 6, NAME_WORDS),
            tags: vec![words(self, 1, 2, NAME_WORDS)],
            description: words(self, 20, 60, TEXT_WORDS),
            sales: self.zipf(10_000) as i64,
            rating: self.random.random_range(0..=5) * 100,
            min_price: variants.iter().map(|variant| variant.price).min().unwrap_or(0),
            created_at: self.random.random_range(0..1_000_000_000),
            published_at: Some(0),
            values: vec![self.choice(2), self.choice(3)],
            variants,
            ..Document::default()
        };
        if self.documents.len() < 5_000 {
            self.documents.push(document.clone());
        }
        document
    }

    /// The next product, for tables of a database.
    pub fn flat(&mut self, id: usize) -> FlatProduct {
        let document = self.document();
        let place = |at: usize, value: &Value| {
            let Value::Choice(choice) = value else { return 0 };
            self.choices[at].iter().position(|id| id == choice).unwrap_or(0)
        };
        FlatProduct {
            id,
            category: self.categories.iter().position(|row| Some(row.id) == document.category).unwrap_or(0),
            material: place(2, &document.values[0]),
            colors: document.variants.iter().map(|variant| place(0, &variant.values[0])).collect(),
            name: document.name,
            tags: document.tags.join(" "),
            description: document.description,
        }
    }

    /// Words to ask for, as often as they are in names.
    pub fn words_asked(&mut self) -> Vec<String> {
        (0..500).map(|_| self.word(NAME_WORDS)).collect()
    }

    /// Numbers of leaf categories to ask for.
    pub fn categories_asked(&mut self) -> Vec<usize> {
        (0..500).map(|_| self.categories.len() - 1 - self.zipf(LEAVES)).collect()
    }

    /// A word without one of its letters.
    pub fn misspelled(&mut self, word: &str) -> String {
        let left_out = self.random.random_range(1..word.len().max(2));
        word.char_indices().filter(|(at, _)| *at != left_out).map(|(_, letter)| letter).collect()
    }

    /// A product whose name changed.
    pub fn changed_text(&mut self) -> Document {
        let (at, word) = (self.random.random_range(0..self.documents.len()), self.word(NAME_WORDS));
        self.documents[at].name.push_str(&format!(" {word}"));
        self.documents[at].clone()
    }

    /// A product one of whose prices changed.
    pub fn changed_price(&mut self) -> Document {
        let (at, price) = (self.random.random_range(0..self.documents.len()), self.random.random_range(100..20_000));
        let document = &mut self.documents[at];
        document.variants[0].price = price;
        document.min_price = document.variants.iter().map(|variant| variant.price).min().unwrap_or(0);
        document.clone()
    }

    /// The kinds of queries that are measured; each makes one by its number.
    pub fn queries(&mut self) -> Vec<(&'static str, MakeQuery)> {
        const COUNT: usize = 500;
        let facets = || Some(FacetRequest { slugs: None, values: 20 });
        let page = Page { limit: 20, ..Page::default() };
        let with = move |text: Option<String>, filter: Filter, facets: Option<FacetRequest>, sort: Sort| Query {
            text,
            filter,
            sort,
            page,
            facets,
            ..Query::default()
        };
        let mut texts = |make: &mut dyn FnMut(&mut Self) -> String| -> Vec<String> { (0..COUNT).map(|_| make(self)).collect() };
        let one = texts(&mut |world| format!("{} ", world.word(NAME_WORDS)));
        let two = texts(&mut |world| {
            let mut typo = world.word(NAME_WORDS);
            if typo.len() >= 5 {
                typo.remove(3);
            }
            format!("{} {typo} ", world.word(200))
        });
        let three_letters = texts(&mut |world| world.word(NAME_WORDS).chars().take(3).collect());
        let six_letters = texts(&mut |world| world.word(NAME_WORDS).chars().take(6).collect());
        let filters: Vec<Filter> = (0..COUNT)
            .map(|_| {
                let mut condition = |at: usize| {
                    let values = (0..3).map(|_| self.choice(at)).collect();
                    Condition::Values(Some(self.attributes[at]), values)
                };
                let conditions = vec![condition(0), condition(1), condition(2)];
                let category = self.categories[self.random.random_range(0..20)].id;
                Filter {
                    categories: Some(vec![category]),
                    min_price: Some(500),
                    max_price: Some(15_000),
                    min_rating: Some(200),
                    is_in_stock: Some(true),
                    conditions,
                    ..Filter::default()
                }
            })
            .collect();
        let category = |filter: &Filter| Filter { categories: filter.categories.clone(), ..Filter::default() };
        let (a, b, c, d, e) = (one.clone(), one.clone(), one.clone(), filters.clone(), filters.clone());
        let categories: Vec<Filter> = filters.iter().map(category).collect();
        let (f, g) = (categories.clone(), categories);
        let deep = Query { page: Page { limit: 20, ..page }, ..with(None, Filter::default(), None, Sort::PriceLowToHigh) };
        vec![
            ("one word", Box::new(move |at| with(Some(a[at % COUNT].clone()), Filter::default(), None, Sort::Relevance))),
            (
                "one word, facets",
                Box::new(move |at| with(Some(b[at % COUNT].clone()), Filter::default(), facets(), Sort::Relevance)),
            ),
            (
                "two words, one misspelled, facets",
                Box::new(move |at| with(Some(two[at % COUNT].clone()), Filter::default(), facets(), Sort::Relevance)),
            ),
            (
                "three letters",
                Box::new(move |at| with(Some(three_letters[at % COUNT].clone()), Filter::default(), None, Sort::Relevance)),
            ),
            (
                "six letters",
                Box::new(move |at| with(Some(six_letters[at % COUNT].clone()), Filter::default(), None, Sort::Relevance)),
            ),
            (
                "word, category, price, rating, stock, 3 attributes, facets",
                Box::new(move |at| with(Some(c[at % COUNT].clone()), d[at % COUNT].clone(), facets(), Sort::Relevance)),
            ),
            ("category, facets", Box::new(move |at| with(None, f[at % COUNT].clone(), facets(), Sort::Relevance))),
            ("category, 6 filters, facets", Box::new(move |at| with(None, e[at % COUNT].clone(), facets(), Sort::Relevance))),
            ("category by price", Box::new(move |at| with(None, g[at % COUNT].clone(), None, Sort::PriceLowToHigh))),
            ("everything by price", Box::new(move |_| deep.clone())),
            ("everything, facets", Box::new(move |_| with(None, Filter::default(), facets(), Sort::Relevance))),
        ]
    }
}

fn syllable(random: &mut StdRng) -> String {
    const FIRST: [&str; 16] = ["b", "d", "f", "g", "h", "k", "l", "m", "n", "p", "r", "s", "t", "v", "w", "z"];
    const THEN: [&str; 10] = ["a", "e", "i", "o", "u", "an", "er", "il", "os", "un"];
    format!("{}{}", FIRST[random.random_range(0..FIRST.len())], THEN[random.random_range(0..THEN.len())])
}

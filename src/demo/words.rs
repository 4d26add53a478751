//! The texts of the demo: users, stores, categories, products and reviews.

/// The motif of the images of a category.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Motif {
    Cup,
    Jar,
    Plate,
    Vase,
    Candle,
    Shirt,
    Bag,
    /// A ring with a stone.
    Ring,
    Notebook,
    /// A window with a conversation.
    Screen,
}

/// A store and its owner.
pub(super) struct StoreWords {
    pub name: &'static str,
    pub description: &'static str,
    pub owner: &'static str,
    pub email: &'static str,
    pub city: &'static str,
    pub country: &'static str,
}

/// A category with its products.
pub(super) struct CategoryWords {
    pub name: &'static str,
    pub parent: &'static str,
    pub icon: &'static str,
    pub motif: Motif,
    /// RGB colours of background, motif and details.
    pub colours: [[u8; 3]; 3],
    /// The option that distinguishes the variants, with its values.
    pub option: Option<(&'static str, &'static [&'static str])>,
    pub digital: bool,
    pub sections: &'static [(&'static str, &'static str)],
    pub products: [ProductWords; 6],
}

/// A product: index of its store in [`STORES`], name, short description, price in minor units, tags.
pub(super) struct ProductWords(pub usize, pub &'static str, pub &'static str, pub i64, pub &'static [&'static str]);

use ProductWords as P;

/// The stores. The first one belongs to the vendor whose credentials are printed.
pub(super) const STORES: [StoreWords; 8] = [
    StoreWords {
        name: "Himal Tea House",
        description: "<p>Single-estate teas from the hills of Ilam and Dhankuta, bought from growers we know by name.</p>",
        owner: "Mina Gurung",
        email: "vendor@souk.example",
        city: "Ilam",
        country: "NP",
    },
    StoreWords {
        name: "Patan Metalworks",
        description: "<p>Silver and brass, cast and chased by hand in a courtyard workshop in Patan.</p>",
        owner: "Bikash Shakya",
        email: "bikash@souk.example",
        city: "Lalitpur",
        country: "NP",
    },
    StoreWords {
        name: "Loom & Thread",
        description: "<p>Clothes made to be worn for years: organic cotton, wool and hemp, sewn in small batches.</p>",
        owner: "Anjali Thapa",
        email: "anjali@souk.example",
        city: "Kathmandu",
        country: "NP",
    },
    StoreWords {
        name: "Clay & Kiln",
        description: "<p>Stoneware for every day, thrown on the wheel and fired in a wood kiln.</p>",
        owner: "Tomás Herrera",
        email: "tomas@souk.example",
        city: "Oaxaca",
        country: "MX",
    },
    StoreWords {
        name: "Saddle & Stitch",
        description: "<p>Vegetable-tanned leather, saddle-stitched with waxed linen thread, repaired for life.</p>",
        owner: "Ingrid Solberg",
        email: "ingrid@souk.example",
        city: "Bergen",
        country: "NO",
    },
    StoreWords {
        name: "Prompt Foundry",
        description: "<p>Tested prompts, templates and checklists for people who work with words and code.</p>",
        owner: "Kofi Mensah",
        email: "kofi@souk.example",
        city: "Accra",
        country: "GH",
    },
    StoreWords {
        name: "Bee & Wick",
        description: "<p>Honey, preserves and beeswax candles from forty hives at the edge of the forest.</p>",
        owner: "Elena Petrova",
        email: "elena@souk.example",
        city: "Plovdiv",
        country: "BG",
    },
    StoreWords {
        name: "Paper Lantern",
        description: "<p>Handmade lokta paper: notebooks, prints and lamps that last longer than a season.</p>",
        owner: "Yuki Tanaka",
        email: "yuki@souk.example",
        city: "Kyoto",
        country: "JP",
    },
];

/// Categories without a parent: name and icon.
pub(super) const ROOTS: [(&str, &str); 4] = [("Home", "house"), ("Fashion", "shirt"), ("Food & Drink", "cup"), ("Studio", "pen")];

/// Customers: name, local part of the email address, city and country. The credentials of the first one are printed.
pub(super) const BUYERS: [(&str, &str, &str, &str); 12] = [
    ("Arun Rai", "buyer", "Pokhara", "NP"),
    ("Sofia Lindqvist", "sofia", "Uppsala", "SE"),
    ("Daniel Okafor", "daniel", "Lagos", "NG"),
    ("Priya Nair", "priya", "Kochi", "IN"),
    ("Lucas Moreau", "lucas", "Lyon", "FR"),
    ("Hannah Weber", "hannah", "Leipzig", "DE"),
    ("Mateo Silva", "mateo", "Porto", "PT"),
    ("Grace Kim", "grace", "Busan", "KR"),
    ("Oliver Hughes", "oliver", "Bristol", "GB"),
    ("Emma Johnson", "emma", "Portland", "US"),
    ("Noah Tremblay", "noah", "Montréal", "CA"),
    ("Sita Adhikari", "sita", "Kathmandu", "NP"),
];

/// Tax rates: country, name, basis points.
pub(super) const TAXES: [(&str, &str, i32); 8] = [
    ("NP", "VAT", 1300),
    ("DE", "VAT", 1900),
    ("FR", "VAT", 2000),
    ("SE", "VAT", 2500),
    ("GB", "VAT", 2000),
    ("PT", "VAT", 2300),
    ("IN", "GST", 1800),
    ("CA", "GST", 500),
];

/// Couriers and their tracking URLs.
pub(super) const COURIERS: [(&str, &str); 3] = [
    ("DHL", "https://www.dhl.com/global-en/home/tracking.html?tracking-id="),
    ("UPS", "https://www.ups.com/track?tracknum="),
    ("Nepal Post", "https://ems.post.gov.np/track/?id="),
];

/// Reviews: stars, title, text.
pub(super) const REVIEWS: [(i32, &str, &str); 16] = [
    (5, "Better than the pictures", "I did not expect this much care at the price. It has become the thing guests ask about."),
    (5, "Will buy again", "Arrived quickly, packed in paper instead of plastic, and exactly as described."),
    (5, "A gift that landed well", "Bought for my sister's birthday. She wrote to me twice about it."),
    (4, "Very good", "Good quality throughout. One star less because the colour is a little darker than on my screen."),
    (4, "Solid", "Does what it should, and feels like it will go on doing so for years."),
    (5, "Worth the wait", "It took a week, but you can tell that somebody made this rather than assembled it."),
    (3, "Nice, but small", "Well made, though I had imagined it larger. Check the measures before you order."),
    (4, "Happy with it", "The finish is lovely. The instructions could say more."),
    (5, "Second one already", "The first went to a friend who would not give it back."),
    (2, "Not for me", "The quality is fine, it just did not suit what I needed. The shop was kind about the return."),
    (4, "As described", "No surprises, which is the best thing I can say about ordering from afar."),
    (5, "Lovely people", "I had a question before I bought and got an answer within the hour."),
    (3, "Average", "It is all right. There is a small mark on one side that was not in the pictures."),
    (5, "Excellent", "Nothing to complain about, and I do like to complain."),
    (1, "Broken on arrival", "The parcel had been dropped. The shop sent another at once, so the star is for the courier."),
    (4, "Good value", "Comparable ones cost twice as much in town."),
];

/// Replies of stores.
pub(super) const REPLIES: [&str; 4] = [
    "Thank you for taking the time to write this. It means a lot to a small workshop.",
    "Thank you! We will pass this on to the people who made it.",
    "Thank you for telling us. We have written to you, and will make it right.",
    "We are glad it arrived safely. Come again!",
];

/// The categories with their products.
pub(super) const CATEGORIES: [CategoryWords; 10] = [
    CategoryWords {
        name: "Tea & Coffee",
        parent: "Food & Drink",
        icon: "teapot",
        motif: Motif::Cup,
        colours: [[226, 238, 214], [92, 128, 72], [250, 248, 238]],
        option: Some(("Weight", &["100 g", "250 g", "500 g"])),
        digital: false,
        sections: &[
            ("How to use", "<p>3 g to a cup. Water just off the boil, three minutes; a second cup takes five.</p>"),
            ("Ingredients", "<p>Nothing but the leaf (or the bean). Packed in Ilam.</p>"),
        ],
        products: [
            P(
                0,
                "First Flush Black Tea",
                "Picked in March: malty, bright, with a note of apricot",
                1250,
                &["tea", "black", "ilam"],
            ),
            P(0, "Silver Needle White Tea", "Buds alone, dried in the shade for two days", 2400, &["tea", "white"]),
            P(0, "Mountain Oolong", "Half oxidised and rolled by hand; opens over five cups", 1900, &["tea", "oolong"]),
            P(0, "Masala Chai", "Cardamom, ginger and clove with a strong CTC leaf", 950, &["tea", "spiced"]),
            P(0, "Gulmi Arabica", "Washed coffee grown at 1,400 m, roasted medium", 1450, &["coffee", "arabica"]),
            P(6, "Linden Blossom Infusion", "Whole blossoms from our own trees, without caffeine", 800, &["infusion", "herbal"]),
        ],
    },
    CategoryWords {
        name: "Pantry",
        parent: "Food & Drink",
        icon: "jar",
        motif: Motif::Jar,
        colours: [[252, 236, 200], [214, 142, 38], [255, 250, 235]],
        option: Some(("Size", &["250 g", "500 g"])),
        digital: false,
        sections: &[
            ("Ingredients", "<p>As on the label, and in that order. No colours, no preservatives.</p>"),
            ("Benefits", "<p>Unheated and unfiltered, so that what makes it good is still in it.</p>"),
        ],
        products: [
            P(6, "Acacia Honey", "Light and slow to set, from one week in May", 1100, &["honey"]),
            P(6, "Forest Honey", "Dark honeydew honey with a taste of resin", 1300, &["honey", "dark"]),
            P(6, "Sour Cherry Preserve", "Two parts fruit, one part sugar, nothing else", 750, &["preserve", "fruit"]),
            P(0, "Timur Pepper", "Wild Nepali pepper that smells of grapefruit", 690, &["spice", "pepper"]),
            P(0, "Himalayan Wildflower Honey", "From cliffs above Lamjung, once a year", 1850, &["honey", "wild"]),
            P(3, "Ancho Chilli Flakes", "Smoked slowly over mesquite: more warmth than heat", 620, &["spice", "chilli"]),
        ],
    },
    CategoryWords {
        name: "Kitchen & Dining",
        parent: "Home",
        icon: "plate",
        motif: Motif::Plate,
        colours: [[222, 228, 234], [74, 96, 118], [240, 240, 236]],
        option: Some(("Glaze", &["Ash", "Cobalt", "Iron"])),
        digital: false,
        sections: &[
            ("Care", "<p>Safe in the dishwasher and the microwave. Warm it slowly in the oven.</p>"),
            ("Benefits", "<p>Fired at 1,280 °C: it does not chip easily, and holds no smell.</p>"),
        ],
        products: [
            P(3, "Stoneware Dinner Plate", "27 cm, with a raised rim that keeps the sauce in", 3200, &["stoneware", "plate"]),
            P(3, "Breakfast Bowl", "Deep enough for porridge, wide enough for fruit", 2400, &["stoneware", "bowl"]),
            P(3, "Espresso Cup", "90 ml, thick walls, no handle", 1600, &["stoneware", "cup"]),
            P(3, "Wood-fired Serving Dish", "Every one marked by the flame; no two alike", 5800, &["stoneware", "serving"]),
            P(1, "Brass Serving Spoon", "Forged from one piece, polished by hand", 2800, &["brass", "cutlery"]),
            P(3, "Salt Pig", "Keeps a handful of salt dry beside the stove", 2700, &["stoneware", "storage"]),
        ],
    },
    CategoryWords {
        name: "Home Décor",
        parent: "Home",
        icon: "vase",
        motif: Motif::Vase,
        colours: [[238, 226, 216], [168, 92, 64], [246, 240, 230]],
        option: Some(("Size", &["Small", "Large"])),
        digital: false,
        sections: &[("Care", "<p>Dust with a dry cloth. Brass may be left to darken, or polished with lemon and salt.</p>")],
        products: [
            P(1, "Brass Singing Bowl", "Tuned by ear; with a striker of rosewood", 4900, &["brass", "sound"]),
            P(1, "Butter Lamp", "Cast in sand, chased by hand, after an old pattern", 3600, &["brass", "lamp"]),
            P(3, "Bottle Vase", "For one stem; the neck is pulled, not cut", 4200, &["stoneware", "vase"]),
            P(7, "Lokta Paper Lamp", "Folds flat; throws a warm light without glare", 3900, &["paper", "lamp"]),
            P(7, "Mountain Wall Hanging", "Eight layers of cut paper in a deep frame", 6400, &["paper", "wall"]),
            P(2, "Handwoven Wall Textile", "Nettle and wool, woven on a backstrap loom", 7200, &["textile", "wall"]),
        ],
    },
    CategoryWords {
        name: "Candles & Scents",
        parent: "Home",
        icon: "candle",
        motif: Motif::Candle,
        colours: [[58, 52, 66], [244, 208, 120], [255, 244, 214]],
        option: Some(("Scent", &["Unscented", "Cedar", "Lavender"])),
        digital: false,
        sections: &[
            ("How to use", "<p>Trim the wick to 5 mm. Let the first burn last until the whole surface is liquid.</p>"),
            ("Ingredients", "<p>Beeswax, cotton wick, and in the scented ones oils of plants alone.</p>"),
        ],
        products: [
            P(6, "Beeswax Pillar Candle", "Burns forty hours with a steady flame", 1900, &["candle", "beeswax"]),
            P(6, "Beeswax Tapers, Pair", "Dipped thirty times, as it was always done", 1400, &["candle", "beeswax"]),
            P(6, "Travel Tin Candle", "Twelve hours of light in a pocket", 1200, &["candle", "tin"]),
            P(6, "Tea Lights, Box of 24", "In cups that can be filled again", 1600, &["candle", "tea light"]),
            P(0, "Juniper Incense", "Rolled without a stick; clears a room in minutes", 850, &["incense", "juniper"]),
            P(1, "Brass Candle Holder", "Heavy enough not to be knocked over by a cat", 2600, &["brass", "holder"]),
        ],
    },
    CategoryWords {
        name: "Clothing",
        parent: "Fashion",
        icon: "shirt",
        motif: Motif::Shirt,
        colours: [[230, 234, 240], [58, 84, 132], [250, 250, 250]],
        option: Some(("Size", &["S", "M", "L", "XL"])),
        digital: false,
        sections: &[
            ("Care", "<p>Wash at 30 °C with like colours. Dry in the shade, and it will keep its colour.</p>"),
            ("Materials", "<p>Organic cotton, hemp or wool, as named. Buttons of corozo nut.</p>"),
        ],
        products: [
            P(2, "Organic Cotton T-Shirt", "180 g jersey, cut straight, seams that do not twist", 2900, &["cotton", "basics"]),
            P(2, "Hemp Overshirt", "Stiff at first, then yours", 8900, &["hemp", "shirt"]),
            P(2, "Merino Crew Sweater", "Fine enough for the office, warm enough for the hills", 11500, &["wool", "knitwear"]),
            P(2, "Linen Wrap Dress", "Washed linen with pockets that hold things", 9800, &["linen", "dress"]),
            P(2, "Yak Wool Scarf", "Softer than you expect, in three undyed shades", 5400, &["wool", "scarf"]),
            P(2, "Wide-leg Trousers", "High waist, heavy cotton, hemmed to order", 7600, &["cotton", "trousers"]),
        ],
    },
    CategoryWords {
        name: "Bags & Leather",
        parent: "Fashion",
        icon: "bag",
        motif: Motif::Bag,
        colours: [[240, 230, 218], [132, 78, 44], [226, 190, 140]],
        option: Some(("Colour", &["Tan", "Chestnut", "Black"])),
        digital: false,
        sections: &[
            ("Care", "<p>Once a year a little balm. Scratches become part of it.</p>"),
            ("Repair", "<p>We mend what we made, for life; you pay the postage.</p>"),
        ],
        products: [
            P(4, "Everyday Tote", "One piece of leather, two handles, no lining", 14900, &["leather", "bag"]),
            P(4, "Card Wallet", "Six cards and a folded note, 4 mm thin", 4500, &["leather", "wallet"]),
            P(4, "Harness Belt", "35 mm, cut from one strap, solid brass buckle", 6900, &["leather", "belt"]),
            P(4, "Messenger Bag", "Holds a laptop of 15 inches and the rest of the day", 21900, &["leather", "bag"]),
            P(4, "Key Loop", "Made from what is left over", 1800, &["leather", "small"]),
            P(2, "Waxed Canvas Rucksack", "Rolls shut; keeps a shower out", 12900, &["canvas", "bag"]),
        ],
    },
    CategoryWords {
        name: "Jewellery",
        parent: "Fashion",
        icon: "gem",
        motif: Motif::Ring,
        colours: [[36, 40, 54], [206, 210, 220], [94, 196, 190]],
        option: None,
        digital: false,
        sections: &[("Care", "<p>Silver 925. Wear it, and it stays bright; else keep it in its bag.</p>")],
        products: [
            P(1, "Turquoise Silver Ring", "One stone, a plain band, adjustable by half a size", 5600, &["silver", "ring"]),
            P(1, "Hammered Hoop Earrings", "Light, 30 mm, each mark from the hammer", 4800, &["silver", "earrings"]),
            P(1, "Lotus Pendant", "Cast from a wax carved by hand", 6200, &["silver", "pendant"]),
            P(1, "Braided Silver Bracelet", "Eight strands on a hidden clasp", 8400, &["silver", "bracelet"]),
            P(1, "Garnet Studs", "Small, dark red, for every day", 3900, &["silver", "earrings"]),
            P(4, "Braided Leather Bracelet", "Four strands, closes with a horn toggle", 2400, &["leather", "bracelet"]),
        ],
    },
    CategoryWords {
        name: "Stationery & Prints",
        parent: "Studio",
        icon: "notebook",
        motif: Motif::Notebook,
        colours: [[232, 226, 240], [112, 84, 148], [252, 250, 244]],
        option: Some(("Paper", &["Plain", "Lined", "Dotted"])),
        digital: false,
        sections: &[("Materials", "<p>Lokta paper, made from the bark of a bush that grows again in five years.</p>")],
        products: [
            P(7, "Lokta Notebook", "96 leaves, sewn so that it lies flat", 1700, &["paper", "notebook"]),
            P(7, "Pocket Journal", "Fits a shirt; has a loop for the pencil", 1100, &["paper", "notebook"]),
            P(7, "Letter Set", "Twenty sheets, ten envelopes, one ribbon", 1500, &["paper", "letters"]),
            P(7, "Woodblock Print: Crane", "Printed by hand in an edition of 80", 5200, &["print", "art"]),
            P(7, "Calendar of the Year", "Twelve prints to keep when the months are over", 2600, &["print", "calendar"]),
            P(4, "Leather Notebook Cover", "For the Lokta notebook, and those of its size", 5900, &["leather", "notebook"]),
        ],
    },
    CategoryWords {
        name: "Prompts & Templates",
        parent: "Studio",
        icon: "sparkles",
        motif: Motif::Screen,
        colours: [[24, 28, 48], [88, 110, 232], [236, 240, 255]],
        option: None,
        digital: true,
        sections: &[
            ("How to use", "<p>A folder of Markdown files. Copy one, fill in what stands in braces, and go.</p>"),
            ("Licence", "<p>For you and your team, also for work you are paid for. Not for resale.</p>"),
        ],
        products: [
            P(
                5,
                "Code Review Prompt Pack",
                "Forty prompts that find what matters, in the order it matters",
                1900,
                &["prompts", "code"],
            ),
            P(5, "Product Copy Templates", "From a list of facts to a page that sells", 1500, &["templates", "writing"]),
            P(5, "Interview Question Builder", "Structured interviews for eight roles", 1200, &["prompts", "hiring"]),
            P(5, "Launch Checklist", "Everything that is forgotten on the day before", 900, &["checklist", "product"]),
            P(5, "Research Summary Prompts", "From forty pages to one, with the sources kept", 1400, &["prompts", "research"]),
            P(7, "Printable Planner", "A5 and A4, dated for two years", 700, &["printable", "planner"]),
        ],
    },
];

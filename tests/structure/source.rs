//! The modules of a crate, and what each of them names: read from its files, beginning with `src/lib.rs`.

use std::collections::BTreeMap;
use std::path::Path;

use proc_macro2::{TokenStream, TokenTree};
use syn::{Attribute, Item, Meta, UseTree};

/// The segments of a module's path from the crate's root; the root's is empty.
pub type ModulePath = Vec<String>;

/// What a name stands for.
#[derive(Clone, Debug)]
pub enum Definition {
    /// A type, function, constant, trait or macro that the module itself defines.
    Item,
    /// A module below this one.
    Module,
    /// Another name for what this path leads to.
    Import(Vec<String>),
}

/// One module: a file, or a part of one (`mod name { ... }`).
pub struct Module {
    /// The file that it stands in, from `src/` on.
    pub file: String,
    /// What a name stands for: a module and a function, a type and a macro may have the same.
    pub names: BTreeMap<String, Vec<Definition>>,
    /// The paths of `use path::*`.
    pub globs: Vec<Vec<String>>,
    pub items: Vec<Item>,
}

/// The modules that are compiled without tests.
#[derive(Default)]
pub struct Crate {
    pub modules: BTreeMap<ModulePath, Module>,
    /// The files' texts.
    pub texts: BTreeMap<String, String>,
}

impl Crate {
    /// Reads `lib.rs` and every module that it leads to. `read` is given a path from `src/` on and returns the file's text,
    /// if there is such a file.
    pub fn read(read: &dyn Fn(&str) -> Option<String>) -> Crate {
        let mut found = Crate::default();
        let text = read("lib.rs").expect("the crate has a lib.rs");
        found.file(read, Vec::new(), "lib.rs", &text);
        found
    }

    /// The crate in this folder.
    pub fn of_folder(src: &Path) -> Crate {
        Crate::read(&|file| std::fs::read_to_string(src.join(file)).ok())
    }

    fn file(&mut self, read: &dyn Fn(&str) -> Option<String>, path: ModulePath, file: &str, text: &str) {
        let parsed = syn::parse_file(text).unwrap_or_else(|e| panic!("src/{file}: {e}"));
        self.texts.insert(file.to_owned(), text.to_owned());
        self.module(read, path, file, parsed.items);
    }

    /// The first line of a file's code that has this name in it; 0 if none has.
    pub fn first_line(&self, file: &str, name: &str) -> usize {
        let is_of_a_name = |c: char| c.is_alphanumeric() || c == '_';
        let has_it = |line: &str| {
            let code = line.split("//").next().unwrap_or_default();
            name == "*" && code.contains("::*") || code.split(|c| !is_of_a_name(c)).any(|word| word == name)
        };
        self.texts[file].lines().position(has_it).map_or(0, |before| before + 1)
    }

    fn module(&mut self, read: &dyn Fn(&str) -> Option<String>, path: ModulePath, file: &str, items: Vec<Item>) {
        let mut module = Module { file: file.to_owned(), names: BTreeMap::new(), globs: Vec::new(), items: Vec::new() };
        for item in items {
            if is_for_tests(attributes(&item)) {
                continue;
            }
            match item {
                Item::Mod(inner) => {
                    let name = inner.ident.to_string();
                    let below = [path.as_slice(), std::slice::from_ref(&name)].concat();
                    assert!(!inner.attrs.iter().any(|a| a.path().is_ident("path")), "src/{file}: `#[path]` of {name}");
                    match inner.content {
                        Some((_, items)) => self.module(read, below, file, items),
                        None => {
                            let stem = below.join("/");
                            let found = [format!("{stem}.rs"), format!("{stem}/mod.rs")]
                                .into_iter()
                                .find_map(|file| read(&file).map(|text| (file, text)));
                            let (file, text) = found.unwrap_or_else(|| panic!("src/{file}: no file of `mod {name};`"));
                            self.file(read, below, &file, &text);
                        }
                    }
                    module.names.entry(name).or_default().push(Definition::Module);
                }
                item => {
                    module.take(&item);
                    module.items.push(item);
                }
            }
        }
        self.modules.insert(path, module);
    }

    /// The file that defines what a path written in the module `from` leads to, and the name there. `None` where it leads out
    /// of the crate, to a generic or local name, or to a whole module.
    pub fn definition(&self, from: &[String], path: &[String]) -> Option<(&str, String)> {
        match self.resolve(from, path, 0)? {
            Found::Item(module, name) => Some((self.modules[&module].file.as_str(), name)),
            Found::Module(_) => None,
        }
    }

    /// The module that a path written in the module `from` leads to.
    pub fn module_at(&self, from: &[String], path: &[String]) -> Option<&Module> {
        match self.resolve(from, path, 0)? {
            Found::Item(..) => None,
            Found::Module(module) => Some(&self.modules[&module]),
        }
    }

    fn resolve(&self, from: &[String], path: &[String], depth: usize) -> Option<Found> {
        // Two modules may import each other's names by `*`, and a name that is not the crate's is looked for by way of every `*`.
        if depth > 8 {
            return None;
        }
        let (first, rest) = path.split_first()?;
        let start = match first.as_str() {
            "crate" => Found::Module(Vec::new()),
            "self" => Found::Module(from.to_vec()),
            "super" => Found::Module(from.split_last()?.1.to_vec()),
            name => self.named(from, name, rest.is_empty(), depth)?,
        };
        let mut at = start;
        for (i, segment) in rest.iter().enumerate() {
            let last = i + 1 == rest.len();
            at = match at {
                // A variant, an associated function: it stands where its type does.
                Found::Item(..) => return Some(at),
                Found::Module(module) => match segment.as_str() {
                    "super" => Found::Module(module.split_last()?.1.to_vec()),
                    // `use path::{self}`
                    "self" => Found::Module(module),
                    // What is not found was made by a macro of that module.
                    name => {
                        self.named(&module, name, last, depth).unwrap_or_else(|| Found::Item(module, name.to_owned()))
                    }
                },
            };
        }
        Some(at)
    }

    /// What a name of a module leads to; the last one of a path is rather an item than a module, and one before it a module.
    fn named(&self, module: &[String], name: &str, last: bool, depth: usize) -> Option<Found> {
        let here = self.modules.get(module)?;
        let found = |definition: &Definition| match definition {
            Definition::Item => Some(Found::Item(module.to_vec(), name.to_owned())),
            Definition::Module => Some(Found::Module([module, &[name.to_owned()]].concat())),
            Definition::Import(path) => self.resolve(module, path, depth + 1),
        };
        let rank = |definition: &&Definition| match definition {
            Definition::Item => u8::from(!last) * 2,
            Definition::Import(_) => 1,
            Definition::Module => u8::from(last) * 2,
        };
        let mut definitions: Vec<&Definition> = here.names.get(name).into_iter().flatten().collect();
        definitions.sort_by_key(rank);
        if definitions.is_empty() {
            return here.globs.iter().find_map(|glob| match self.resolve(module, glob, depth + 1)? {
                Found::Module(of) if of != module => self.named(&of, name, last, depth + 1),
                _ => None,
            });
        }
        definitions.into_iter().find_map(found)
    }
}

/// What a path leads to.
enum Found {
    /// A name, and the module that defines it.
    Item(ModulePath, String),
    Module(ModulePath),
}

impl Module {
    /// Notes the names that an item brings into the module.
    fn take(&mut self, item: &Item) {
        let name = match item {
            Item::Const(i) => &i.ident,
            Item::Enum(i) => &i.ident,
            Item::Fn(i) => &i.sig.ident,
            Item::Static(i) => &i.ident,
            Item::Struct(i) => &i.ident,
            Item::Trait(i) => &i.ident,
            Item::TraitAlias(i) => &i.ident,
            Item::Type(i) => &i.ident,
            Item::Union(i) => &i.ident,
            Item::Macro(i) => match &i.ident {
                Some(name) => name,
                None => return,
            },
            Item::Use(i) => {
                for leaf in leaves(&i.tree) {
                    match leaf.known_as {
                        Some(name) => {
                            self.names.entry(name).or_default().push(Definition::Import(leaf.path));
                        }
                        None if leaf.all => self.globs.push(leaf.path),
                        None => {}
                    }
                }
                return;
            }
            _ => return,
        };
        self.names.entry(name.to_string()).or_default().push(Definition::Item);
    }
}

/// One name of a `use`.
#[derive(Debug)]
pub struct Leaf {
    pub path: Vec<String>,
    /// The name that it is known by; `None` for `*` and for `as _`.
    pub known_as: Option<String>,
    /// `path::*`
    pub all: bool,
}

/// The names of a `use`, one by one.
pub fn leaves(tree: &UseTree) -> Vec<Leaf> {
    fn walk(tree: &UseTree, before: &[String], out: &mut Vec<Leaf>) {
        let with = |name: &syn::Ident| [before, &[name.to_string()]].concat();
        match tree {
            UseTree::Path(path) => walk(&path.tree, &with(&path.ident), out),
            UseTree::Group(group) => group.items.iter().for_each(|tree| walk(tree, before, out)),
            UseTree::Name(name) => {
                // `use path::{self}` is known by the path's last name.
                let path = if name.ident == "self" { before.to_vec() } else { with(&name.ident) };
                let known_as = path.last().cloned();
                out.push(Leaf { path, known_as, all: false });
            }
            UseTree::Rename(name) => {
                let path = if name.ident == "self" { before.to_vec() } else { with(&name.ident) };
                let known_as = (name.rename != "_").then(|| name.rename.to_string());
                out.push(Leaf { path, known_as, all: false });
            }
            UseTree::Glob(_) => {
                out.push(Leaf { path: before.to_vec(), known_as: None, all: true });
            }
        }
    }
    let mut out = Vec::new();
    walk(tree, &[], &mut out);
    out
}

/// `#[cfg(test)]`, `#[cfg(all(test, ...))]` or `#[test]`.
pub fn is_for_tests(attributes: &[Attribute]) -> bool {
    fn asks_for_tests(tokens: TokenStream) -> bool {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        match tokens.as_slice() {
            [TokenTree::Ident(all), TokenTree::Group(parts)] if all == "all" => {
                parts.stream().into_iter().any(|part| matches!(part, TokenTree::Ident(name) if name == "test"))
            }
            [TokenTree::Ident(name)] => name == "test",
            _ => false,
        }
    }
    attributes.iter().any(|attribute| match &attribute.meta {
        Meta::Path(path) => path.is_ident("test"),
        Meta::List(list) => list.path.is_ident("cfg") && asks_for_tests(list.tokens.clone()),
        Meta::NameValue(_) => false,
    })
}

/// The attributes of an item.
pub fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(i) => &i.attrs,
        Item::Enum(i) => &i.attrs,
        Item::Fn(i) => &i.attrs,
        Item::Impl(i) => &i.attrs,
        Item::Macro(i) => &i.attrs,
        Item::Mod(i) => &i.attrs,
        Item::Static(i) => &i.attrs,
        Item::Struct(i) => &i.attrs,
        Item::Trait(i) => &i.attrs,
        Item::TraitAlias(i) => &i.attrs,
        Item::Type(i) => &i.attrs,
        Item::Union(i) => &i.attrs,
        Item::Use(i) => &i.attrs,
        _ => &[],
    }
}

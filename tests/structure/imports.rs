//! Which file names what of which other file.

use std::collections::BTreeMap;

use proc_macro2::{Spacing, TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Attribute, ImplItem, Item, Meta, TraitItem};

use crate::source::{Crate, attributes, is_for_tests, leaves};

/// By the file that imports and the file that defines: the names, each with the first line of the importing file that has it.
pub type Imports = BTreeMap<(String, String), BTreeMap<String, usize>>;

/// Every import of the crate: `use` and paths in the code, without what only tests have.
pub fn imports(of: &Crate) -> Imports {
    let mut all = Imports::new();
    for (path, module) in &of.modules {
        let mut reader = Reader { of, path, file: &module.file, all: &mut all };
        for item in &module.items {
            reader.visit_item(item);
        }
    }
    all
}

struct Reader<'a> {
    of: &'a Crate,
    /// The module that is read.
    path: &'a [String],
    file: &'a str,
    all: &'a mut Imports,
}

impl Reader<'_> {
    fn import(&mut self, path: &[String]) {
        if let Some((file, name)) = self.of.definition(self.path, path) {
            self.arrow(file, name);
        }
    }

    fn arrow(&mut self, file: &str, name: String) {
        if file != self.file {
            let line = self.of.first_line(self.file, &name);
            self.all.entry((self.file.to_owned(), file.to_owned())).or_default().insert(name, line);
        }
    }

    /// Paths of two and more segments among tokens: the inside of a macro is no syntax tree.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        // How much of a `::` stands behind the last segment.
        let mut colons = 0;
        for token in tokens {
            match token {
                TokenTree::Ident(name) => {
                    if colons != 2 {
                        self.import_path(&path);
                        path.clear();
                    }
                    path.push(name.to_string());
                    colons = 0;
                }
                TokenTree::Punct(sign)
                    if sign.as_char() == ':' && (colons == 1 || sign.spacing() == Spacing::Joint) =>
                {
                    colons += 1;
                }
                other => {
                    self.import_path(&path);
                    path.clear();
                    colons = 0;
                    if let TokenTree::Group(group) = other {
                        self.tokens(group.stream());
                    }
                }
            }
        }
        self.import_path(&path);
    }

    fn import_path(&mut self, path: &[String]) {
        if path.len() > 1 {
            self.import(path);
        }
    }
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        if !is_for_tests(attributes(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_impl_item(&mut self, item: &'ast ImplItem) {
        let attributes = match item {
            ImplItem::Const(i) => &i.attrs,
            ImplItem::Fn(i) => &i.attrs,
            ImplItem::Type(i) => &i.attrs,
            _ => return visit::visit_impl_item(self, item),
        };
        if !is_for_tests(attributes) {
            visit::visit_impl_item(self, item);
        }
    }

    fn visit_trait_item(&mut self, item: &'ast TraitItem) {
        if !matches!(item, TraitItem::Fn(i) if is_for_tests(&i.attrs)) {
            visit::visit_trait_item(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        for leaf in leaves(&item.tree) {
            self.import(&leaf.path);
            if leaf.all
                && let Some(module) = self.of.module_at(self.path, &leaf.path)
            {
                self.arrow(&module.file, "*".to_owned());
            }
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.leading_colon.is_none() {
            let names: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
            self.import_path(&names);
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        self.visit_path(&call.path);
        self.tokens(call.tokens.clone());
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        if let Meta::List(list) = &attribute.meta {
            self.tokens(list.tokens.clone());
            // `#[serde(with = "path")]`
            for token in list.tokens.clone() {
                if let TokenTree::Literal(text) = token
                    && let Ok(text) = syn::parse2::<syn::LitStr>(TokenTree::from(text).into())
                    && let Ok(path) = text.parse::<syn::Path>()
                {
                    self.visit_path(&path);
                }
            }
        }
    }
}

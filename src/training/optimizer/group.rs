//! Which parameters of a module a group holds.

use burn::module::{Module, ModuleVisitor, Param, ParamGroup};
use burn::tensor::Tensor;

/// Parameters of a module that have an own weight decay and learning rate.
///
/// They are known by their paths: unlike ids these are the same for a module that is made anew and one of a checkpoint.
#[derive(Clone, Debug, PartialEq)]
pub struct ParameterGroup {
    /// As [`Parameter::path`].
    pub paths: Vec<String>,
    pub weight_decay: f32,
}

/// A parameter tensor of a module, for what chooses among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameter<'a> {
    /// The names of the fields that lead to it, with dots between them: `encoder.layers.0.query.weight`.
    pub path: &'a str,
    pub shape: &'a [usize],
}

impl Parameter<'_> {
    /// A bias, or the gain or shift of a normalisation: what fine-tuning leaves without weight decay (Devlin et al. 2019).
    pub fn is_vector(&self) -> bool {
        self.shape.len() < 2
    }
}

impl ParameterGroup {
    /// The parameters of `module` that `belongs` chooses.
    pub fn of<M: Module>(module: &M, weight_decay: f32, belongs: impl FnMut(Parameter<'_>) -> bool) -> Self {
        let mut chooser = Chooser { belongs, at: Vec::new(), paths: Vec::new() };
        module.visit(&mut chooser);
        Self { paths: chooser.paths, weight_decay }
    }

    pub(super) fn into_parameters(self) -> ParamGroup {
        ParamGroup::from_paths(self.paths)
    }
}

/// Collects the paths of what it chooses.
struct Chooser<F> {
    belongs: F,
    at: Vec<String>,
    paths: Vec<String>,
}

impl<F: FnMut(Parameter<'_>) -> bool> ModuleVisitor for Chooser<F> {
    fn enter_module(&mut self, name: &str, _: &str) {
        self.at.push(name.to_owned());
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        self.at.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let path = self.at.join(".");
        if (self.belongs)(Parameter { path: &path, shape: &param.shape() }) {
            self.paths.push(path);
        }
    }
}

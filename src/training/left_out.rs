//! Parameters that no checkpoint and no result holds: they never change, and whoever builds the network reads them from a
//! file of weights. A frozen encoder of 110 million parameters would be most of every checkpoint.

use burn::module::{Module, ModuleVisitor, Param, ParamGroup, ParamId};
use burn::tensor::{Bool, Int, Tensor};
use serde::{Deserialize, Serialize};

/// What documents of weights leave out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LeftOut {
    /// Paths of parts of the network, as `text.embeddings`: all parameters below are left out, wherever in a module such a
    /// path begins. Empty: nothing is.
    pub parts: Vec<String>,
    /// Checksum of the file of weights that they are read from.
    pub checksum: String,
}

/// What documents of a module hold.
pub struct Kept {
    /// Number of tensors.
    pub tensors: usize,
    /// Bytes of their values.
    pub bytes: u64,
    /// The parameters.
    pub group: ParamGroup,
}

impl LeftOut {
    /// What is kept of a module.
    pub fn of<M: Module>(&self, module: &M) -> Kept {
        let parts = self.parts.iter().map(|part| format!(".{part}.")).collect();
        let mut count = Count { parts, path: Vec::new(), left_out: Vec::new(), tensors: 0, bytes: 0 };
        module.visit(&mut count);
        let Count { left_out, tensors, bytes, .. } = count;
        let group = match left_out.is_empty() {
            true => ParamGroup::all(),
            false => ParamGroup::all().exclude(ParamGroup::from_ids(left_out)),
        };
        Kept { tensors, bytes, group }
    }
}

impl std::fmt::Display for LeftOut {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.parts.is_empty() {
            true => write!(f, "weights of everything"),
            false => write!(f, "weights without {} of the file with checksum {}", self.parts.join(", "), self.checksum),
        }
    }
}

struct Count {
    parts: Vec<String>,
    path: Vec<String>,
    left_out: Vec<ParamId>,
    tensors: usize,
    bytes: u64,
}

impl Count {
    fn see(&mut self, id: ParamId, values: usize, width: usize) {
        // Parameters are asked for one by one: where the path ends, its last part is the parameter's own name.
        let path = format!(".{}.", self.path.join("."));
        if self.parts.iter().any(|part| path.contains(part)) {
            self.left_out.push(id);
        } else {
            self.tensors += 1;
            self.bytes += (values * width) as u64;
        }
    }
}

impl ModuleVisitor for Count {
    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        self.see(param.id, param.lazy_shape().num_elements(), size_of::<f32>());
    }

    fn visit_int<const D: usize>(&mut self, param: &Param<Tensor<D, Int>>) {
        self.see(param.id, param.lazy_shape().num_elements(), size_of::<i64>());
    }

    fn visit_bool<const D: usize>(&mut self, param: &Param<Tensor<D, Bool>>) {
        self.see(param.id, param.lazy_shape().num_elements(), 1);
    }
}

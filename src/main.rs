use std::sync::Arc;
use mug::training::{*, events::*, control::Control};
fn main() {
    let mut args = std::env::args().skip(1);
    let name = args.next().unwrap();
    let sets: Vec<String> = args.collect();
    let text = std::fs::read_to_string(format!("configs/{name}.toml")).unwrap();
    let mut total: std::collections::BTreeMap<String, Vec<f64>> = Default::default();
    for seed in 1..=3u64 {
        let mut sets = sets.clone(); sets.push(format!("training.seed={seed}"));
        let settings = mug::config::Settings::parse(&text, "x", &sets).unwrap();
        let dir = std::env::temp_dir().join(format!("mugtmp-{}-{seed}", std::process::id()));
        let job = Job { settings, stages: Stage::ALL.to_vec(), dataset: Arc::new(mug::dataset::Dataset::tmp(&name)), device: mug::device::choose(mug::device::DeviceRequest::Cpu).unwrap(), checkpoints: dir.clone(), resume: false };
        let (tx, rx) = std::sync::mpsc::channel();
        let verbose = std::env::var("V").is_ok() && seed == 1;
        let h = std::thread::spawn(move || { let mut last=None; for e in rx { let e: Event = e; match &e.body { Body::Epoch{train,valid,metrics,samples_per_second,best,..} if verbose => println!("{:?} {} {:.0}/s best={best} train {:?} valid {:?} mae {:?}", e.stage, e.epoch, samples_per_second, train.get("loss"), valid.iter().filter(|(k,_)| !k.contains('_') || k.starts_with("gap")).collect::<Vec<_>>(), metrics.get("mae")), Body::Labels{summaries,..} if verbose => println!("   {:?}", summaries.train), Body::Finished{summary} => last=Some(summary.clone()), _=>{} } } last });
        train(job, &Control::new(), &tx).unwrap(); drop(tx);
        let s = h.join().unwrap().unwrap();
        let _ = std::fs::remove_dir_all(dir);
        for (st, v) in &s.stages { total.entry(format!("{st}.seconds")).or_default().push(v.seconds); total.entry(format!("{st}.best")).or_default().push(v.best_epoch as f64); }
        for (k, v) in &s.metrics.test { total.entry(format!("test.{k}")).or_default().push(v.unwrap_or(f64::NAN)); }
        for (k, v) in &s.metrics.valid { if k=="mae" { total.entry(format!("valid.{k}")).or_default().push(v.unwrap_or(f64::NAN)); }}
        if let Some(l) = s.labels { for (m, x) in l.train.iter() { total.entry(format!("train.{m}.change")).or_default().push(x.mean_abs_change.unwrap());
            if let (Some(c), Some(o)) = (x.corrected, x.copied) { total.entry(format!("train.{m}.mae c/o")).or_default().extend([c.mae.unwrap(), o.mae.unwrap()]); total.entry(format!("train.{m}.r   c/o")).or_default().extend([c.pearson.unwrap(), o.pearson.unwrap()]); } } }
    }
    for (k, v) in total { if k.contains("c/o") { let n=(v.len()/2) as f64; println!("{k}: {:.3} {:.3}", v.iter().step_by(2).sum::<f64>()/n, v.iter().skip(1).step_by(2).sum::<f64>()/n) } else { println!("{k}: {:.3}  {v:.3?}", v.iter().sum::<f64>()/v.len() as f64) } }
}

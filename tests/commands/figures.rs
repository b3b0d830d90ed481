//! Figures: drawn as SVG and PNG, and what is said where there is nothing to draw.

use crate::{good, home, read};

#[test]
fn figures_are_drawn_as_svg_and_png() {
    for what in ["losses", "metrics", "labels"] {
        let said = good(&format!("plot one --what {what} -o {what}.svg"));
        assert!(said.contains(&format!("{what} of run one drawn to {what}.svg")), "{said}");
        let svg = String::from_utf8(read(&format!("{what}.svg"))).unwrap();
        assert!(svg.starts_with("<svg ") && svg.trim_end().ends_with("</svg>"), "{svg}");
        assert!(svg.contains("DejaVu Sans, Noto Sans CJK SC, ") && svg.matches("<text").count() > 20);
        good(&format!("plot one --what {what} -o {what}.png --width 90mm --scale 1"));
        assert!(read(&format!("{what}.png")).starts_with(b"\x89PNG"));
    }
    let narrow = good("plot one --what labels --split test -o joint.svg --title --height 400px");
    assert!(narrow.contains("labels of run one"), "{narrow}");
    assert!(String::from_utf8(read("joint.svg")).unwrap().contains("one (demo)"));
    // One that has only begun is drawn as far as it is.
    good("plot first -o first.svg --value contrastive --log --x step --smooth 0");
    assert!(String::from_utf8(read("first.svg")).unwrap().contains("optimiser step"));
}

#[test]
fn what_cannot_be_drawn_is_said() {
    for (line, words) in [
        ("plot none -o x.svg", "no run \"none\""),
        ("plot one -o x.pdf", "x.pdf: expected a file name that ends in .svg or .png"),
        ("plot one -o nowhere/x.svg", "cannot write nowhere/x.svg"),
        ("plot first --what labels -o x.svg", "reads corrected labels after its first epochs"),
        ("plot first --stage joint -o x.svg", "no step of the joint stage is recorded"),
        ("plot one --what metrics --stage denoising -o x.svg", "the denoising stage trains no prediction"),
        ("plot one --value accuracy -o x.svg", "it reports loss"),
        ("plot one --width 1mm -o x.svg", "change --width or --height"),
        ("plot one --width 3furlongs -o x.svg", "expected a length such as 180mm"),
        ("plot one --what pie -o x.svg", "possible values"),
        ("plot one --scale 50 --width 9000 --height 9000 -o x.png", "choose a smaller --scale"),
        ("export one", "--tensorboard"),
        ("export none --csv x.csv", "no run \"none\""),
        ("export one --csv nowhere/x.csv", "cannot write nowhere/x.csv"),
        ("export one --tensorboard runs/one/run.toml", "cannot make the folder runs/one/run.toml"),
        ("compare one none", "no run \"none\""),
    ] {
        let said = home().bad(line);
        assert!(said.contains(words), "mug {line}: {said}");
        assert!(!said.contains("panicked"), "mug {line}: {said}");
    }
    assert!(!home().path().join("x.svg").exists() && !home().path().join("x.png").exists());
    let empty = home().path().join("runs/empty");
    std::fs::create_dir_all(&empty).unwrap();
    std::fs::copy(home().path().join("runs/one/run.toml"), empty.join("run.toml")).unwrap();
    assert!(home().bad("plot empty -o x.svg").contains("no step of any stage is recorded"));
    assert!(home().bad("export empty --csv x.csv").contains("no numbers to export"));
}

"""Phase 3: what every shot must respect. The product is cut out once, so that it looks the same in all of them, and the
style guide puts colours, light and product on one page."""

from vgkit.phases.report import Figure, PhaseReport
from vgkit.phases.step import Inputs, Step, begin, catch_up, digest_of, made_digest
from vgkit.run import Run

PHASE = "references"
_VERSION = "1"  # raise with every change to how references are made


def inputs(run: Run) -> Inputs:
    """What the references follow from."""
    return {
        "storyboard.json": made_digest(run, "validate", "storyboard.json"),
        "assets.product": digest_of(run.asset("product")),
        "method": _VERSION,
    }


def gather_references(run: Run) -> PhaseReport:
    """Cut out the product, where the brief gave a picture, and draw the style guide."""
    catch_up(run, PHASE)
    with begin(run, PHASE, inputs(run)) as step:
        if step.needed:
            run.path("references").mkdir(exist_ok=True)
            _cut_product(step)
            _draw_style(step)
    return report(run)


def report(run: Run) -> PhaseReport:
    """Show the references."""
    product = run.path("references/product.png")
    figures = [Figure(run.path("references/style.png"), "Style guide")]
    if run.asset("product"):
        figures.append(Figure(product, "The product as the shots will use it", width_px=360))
        line = "The product was cut out of its picture; look at its edges before going on."
    else:
        line = f"The brief gives no product picture; shots will show a drawn {run.storyboard.object}."
    return PhaseReport(run, PHASE, lines=(line,), figures=tuple(figures))


def _cut_product(step: Step) -> None:
    from vgkit.media.cutout import cut_out, load_picture, write_cutout

    picture = step.run.asset("product")
    if picture:
        step.progress(0, 2, "product")
        cut = cut_out(load_picture(picture))
        path = step.run.path("references/product.png")
        write_cutout(cut, path)
        step.make(path, method=cut.method, confidence=round(cut.confidence, 3))


def _draw_style(step: Step) -> None:
    from vgkit.media.frames import read_picture, write_picture
    from vgkit.media.style import style_sheet

    step.progress(1, 2, "style")
    run, storyboard = step.run, step.run.storyboard
    product = run.path("references/product.png")
    palette = storyboard.palette
    sheet = style_sheet(
        title=storyboard.title,
        colours={name: getattr(palette, name) for name in type(palette).model_fields},
        words=(f"{storyboard.light} light", storyboard.mood, storyboard.place.replace("_", " "), storyboard.look),
        product=read_picture(product) if run.asset("product") else None,
    )
    path = run.path("references/style.png")
    write_picture(sheet, path)
    step.make(path)

"""Tells the pipeline that runs this program how far it is and what it has measured.

    from pipeline_events import metrics, summary, track

    for epoch in track(range(10), unit="epoch"):
        metrics(step=epoch, loss=train(epoch))
    summary(accuracy=test())

Without a pipeline (PIPELINE_EVENTS is not set) all of it does nothing. Nothing of it decides a result.
"""
import json, os, time  # noqa: E401


def emit(event):
    """Appends one event, a dict as events.schema.json has it, as a line of JSON."""
    path = os.environ.get("PIPELINE_EVENTS")
    if path:
        try:
            with open(path, "a", encoding="utf-8") as events:
                events.write(json.dumps(event, default=_plain) + "\n")
        except OSError:  # A full disk is no reason for a training to fail.
            pass


def _plain(value):
    try:  # A number of NumPy, PyTorch, JAX.
        return value.item()
    except Exception:
        return str(value)


def progress(done, total=None, label="", unit="it", **fields):
    """A bar. Without a label it is about the whole stage, and says when that ends."""
    emit({"progress": {"done": done, "total": total, "label": label, "unit": unit, "fields": fields}})


def track(items, total=None, label="", unit="it"):
    """Passes items on, with a bar of how many were taken."""
    total = len(items) if total is None and hasattr(items, "__len__") else total
    done, told = 0, 0.0
    for done, item in enumerate(items):
        if time.monotonic() - told > 0.1:
            told = time.monotonic()
            progress(done, total, label, unit)
        yield item
        done += 1
    progress(done, total, label, unit)


def metrics(step=None, **values):
    """What was measured at a step. The last value of each is the summary where there is no other."""
    emit({"metrics": values} if step is None else {"metrics": values, "step": step})


def summary(**values):
    """Final numbers, texts and booleans: kept with the result, shown and compared."""
    emit({"summary": values})


def message(text, level="info"):
    """A line for people; with level="warning" one that calls for attention."""
    emit({"message": str(text), "level": level})

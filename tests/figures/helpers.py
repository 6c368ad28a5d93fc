"""What every figure should keep to."""

from __future__ import annotations

import json

from plotly.utils import PlotlyJSONEncoder


def check(figure):
    """Transparent, without NaN, and plain JSON: what both apps and a printed page need. Returns the JSON."""
    assert figure.layout.paper_bgcolor == figure.layout.plot_bgcolor == "rgba(0,0,0,0)"
    text = json.dumps(json.loads(json.dumps(figure.to_plotly_json(), cls=PlotlyJSONEncoder)), allow_nan=False)
    assert "NaN" not in text
    assert "http" not in text  # nothing is fetched by a figure
    return json.loads(text)

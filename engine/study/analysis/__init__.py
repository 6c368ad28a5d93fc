"""The analysis of a study: exclusions, the declared tests, intervals, order effects, and power before the study.

    analysis = analyse(study, sessions, {id: yardstick(model, study)})   # tables, tests, notes
    participants_needed(Assumptions(first=0.9, second=0.7, questions=5))  # before the study

scipy, pandas and statsmodels are imported by the functions that need them.
"""

from __future__ import annotations

from engine.study.analysis.analyse import Analysis, Average, analyse
from engine.study.analysis.comparisons import Comparison, declared
from engine.study.analysis.exclusions import Excluded, exclusions
from engine.study.analysis.order_effects import OrderEffects, StageFactor, StageMean, Trend, order_effects
from engine.study.analysis.power import Assumptions, Power, participants_needed, power, power_curve
from engine.study.analysis.secondary import Secondary, secondary

__all__ = [
    "Analysis",
    "Assumptions",
    "Average",
    "Comparison",
    "Excluded",
    "OrderEffects",
    "Power",
    "Secondary",
    "StageFactor",
    "StageMean",
    "Trend",
    "analyse",
    "declared",
    "exclusions",
    "order_effects",
    "participants_needed",
    "power",
    "power_curve",
    "secondary",
]

"""What every metric is called, means and counts in: one table of the names used everywhere."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from engine.metrics.definition import Definition, Metric, Value
from engine.registry import unknown


def measured(
    name: str, value: Value, *, paper_value: float | None = None, interval: tuple[float, float] | None = None
) -> Metric:
    """The record of a metric of the table.

    Args:
        name: Of the table.
        value: As measured.
        paper_value: As published.
        interval: Ends of the value's 95 % interval.

    Raises:
        KeyError: If the table has no such metric; the message lists the nearest names.
    """
    if name not in METRICS:
        raise KeyError(unknown("metric", name, METRICS))
    row = METRICS[name]
    return Metric(
        value=value,
        unit=row.unit,
        definition=row.definition,
        paper_value=paper_value,
        higher_is_better=row.higher_is_better,
        interval=interval,
    )


_ON_TEST = "on the test split"
_TREES = "100 boosted trees of depth 3 per target, a tenth of the test split held out"
_STUDY = "with the published study's reversed roles: factors predict latents"
_SWEEP = "in the order of `sweep` among the facts of training"

METRICS: Mapping[str, Definition] = MappingProxyType(
    {
        # reconstruction
        "mse": Definition(
            "MSE",
            "squared error per example",
            f"Squared error summed over all values of an example, averaged {_ON_TEST}; variational models decode one "
            "sample of the posterior.",
            False,
        ),
        "nll": Definition(
            "NLL",
            "nats per example",
            f"Bernoulli cross-entropy summed over all pixels of an example, averaged {_ON_TEST}; variational models "
            "decode one sample of the posterior.",
            False,
        ),
        # latents
        "kl": Definition(
            "KL",
            "nats per example",
            f"KL divergence from the posterior to the standard normal prior, summed over latents, averaged {_ON_TEST}.",
            None,
        ),
        "kl_per_latent": Definition(
            "KL of each latent",
            "nats",
            f"KL divergence from each latent's posterior to its prior, averaged {_ON_TEST}.",
            None,
        ),
        "active_units": Definition(
            "Active units",
            "latents",
            f"Latents whose posterior mean has a variance above 0.01 {_ON_TEST} (Burda et al., 2016).",
            None,
        ),
        "active_units_kl": Definition(
            "Active units by KL",
            "latents",
            f"Latents whose KL divergence exceeds 0.01 nats on average {_ON_TEST}.",
            None,
        ),
        # disentanglement
        "mi_matrix": Definition(
            "Mutual information",
            "bits",
            "Mutual information of each learned latent (row) with each true factor (column) from 20 x 20 bins of equal "
            f"width, {_ON_TEST}.",
            None,
        ),
        "factor_entropies": Definition(
            "Factor entropy",
            "bits",
            f"Entropy of each true factor in 20 bins of equal width, {_ON_TEST}.",
            None,
        ),
        "mig": Definition(
            "MIG",
            "",
            "Mutual information gap between a factor's two best latents over the factor's entropy, averaged over "
            "factors, from 20 bins of equal width (Chen et al., 2018).",
            True,
        ),
        "mig_quantile": Definition(
            "MIG, quantile bins",
            "",
            "The mutual information gap from 20 bins of equal numbers of rows, which outliers do not spoil.",
            True,
        ),
        "dci_disentanglement": Definition(
            "Disentanglement",
            "",
            f"How far each latent is important to one factor only (Eastwood & Williams, 2018); {_TREES}.",
            True,
        ),
        "dci_completeness": Definition(
            "Completeness",
            "",
            f"How far each factor is predicted by one latent only (Eastwood & Williams, 2018); {_TREES}.",
            True,
        ),
        "dci_informativeness_train": Definition(
            "Informativeness, fitted rows",
            "R²",
            f"R² of factors predicted from latents on the fitted rows, averaged over factors; {_TREES}.",
            True,
        ),
        "dci_informativeness_test": Definition(
            "Informativeness",
            "R²",
            f"R² of factors predicted from latents on held-out rows, averaged over factors; {_TREES}.",
            True,
        ),
        "dci_importance": Definition(
            "Importance",
            "",
            f"Importance of each latent (row) for predicting each factor (column), columns sum to one; {_TREES}.",
            None,
        ),
        "dci_study_disentanglement": Definition(
            "Disentanglement, study's direction",
            "",
            f"How far each factor is important to one latent only, {_STUDY} (Ross et al., 2021); {_TREES}.",
            True,
        ),
        "dci_study_completeness": Definition(
            "Completeness, study's direction",
            "",
            f"How far each latent is predicted by one factor only, {_STUDY} (Ross et al., 2021); {_TREES}.",
            True,
        ),
        "dci_study_informativeness_train": Definition(
            "Informativeness, study's direction, fitted rows",
            "R²",
            f"R² of latents predicted from factors on the fitted rows, {_STUDY} (Ross et al., 2021); {_TREES}.",
            True,
        ),
        "dci_study_informativeness_test": Definition(
            "Informativeness, study's direction",
            "R²",
            f"R² of latents predicted from factors on held-out rows, {_STUDY} (Ross et al., 2021); {_TREES}.",
            True,
        ),
        "sap": Definition(
            "SAP",
            "",
            "Gap between a factor's two best latents in how well each alone predicts it, averaged over factors "
            "(Kumar et al., 2018).",
            True,
        ),
        "factor_vae_score": Definition(
            "FactorVAE score",
            "",
            "Accuracy of telling which factor a batch holds fixed from the latent that varies least in it, by majority "
            "vote over 800 batches, judged on 800 others (Kim & Mnih, 2018).",
            True,
        ),
        # simulated participants
        "bot_solved": Definition(
            "Simulated participant solves",
            "%",
            "Share of 100 target pictures that a bot matches, which starts from the row before and turns one dial "
            "after the other to the best of 41 places from minimum to maximum, six rounds at most; beside it, where "
            "known, the same on the decoders that the study released (Ross et al., 2021).",
            True,
        ),
        "bot_moves": Definition(
            "Simulated participant's moves", "moves", "Moves of this bot to a better place, where it matched.", None
        ),
        "bot_distance": Definition(
            "Simulated participant's slide distance",
            "spans of a dial",
            "How far this bot turned all dials on a picture, matched or not.",
            None,
        ),
        # classifiers
        "accuracy": Definition(
            "Accuracy", "", f"Share of examples given their true class {_ON_TEST}; of attributes, the mean share.", True
        ),
        "accuracy_half_size": Definition(
            "Accuracy at half size",
            "",
            f"Accuracy {_ON_TEST} on pictures of half the side, resized by the model.",
            True,
        ),
        "attribute_accuracies": Definition(
            "Accuracy of each attribute", "", f"Share of examples on which each answer is right {_ON_TEST}.", True
        ),
        "attribute_accuracies_half_size": Definition(
            "Accuracy of each attribute at half size",
            "",
            f"Share of right answers {_ON_TEST} on pictures of half the side, resized by the model.",
            True,
        ),
        "attribute_balanced_accuracies": Definition(
            "Balanced accuracy of each attribute",
            "",
            f"Mean of the shares of right answers among those who have it and those who have not {_ON_TEST}.",
            True,
        ),
        "cross_entropy": Definition(
            "Cross-entropy",
            "nats per example",
            f"Mean of -log probability of what is true {_ON_TEST}; over attributes, too, where there are several.",
            False,
        ),
        "ece": Definition(
            "ECE",
            "",
            f"Expected calibration error: |accuracy - confidence| in 15 bins of confidence, weighted by size, "
            f"{_ON_TEST} (Guo et al., 2017).",
            False,
        ),
        "confusion_matrix": Definition(
            "Confusion matrix",
            "examples",
            f"Examples of each true class (row) given each class (column) {_ON_TEST}.",
            None,
        ),
        "confusion_matrices": Definition(
            "Confusion of each attribute",
            "examples",
            f"True no, false yes, false no and true yes of each attribute {_ON_TEST}.",
            None,
        ),
        # generators with categories
        "category_purity": Definition(
            "Category purity",
            "",
            "Share of a category's samples that a classifier gives the category's most frequent class, averaged over "
            "categories.",
            True,
        ),
        "category_purities": Definition(
            "Purity of each category",
            "",
            "Share of each category's samples that a classifier gives the category's most frequent class.",
            True,
        ),
        "category_majorities": Definition(
            "Class of each category",
            "class number",
            "The class a classifier gives most of each category's samples.",
            None,
        ),
        "distinct_classes": Definition(
            "Distinct classes", "classes", "Number of different classes among the categories' most frequent ones.", True
        ),
        # generators with a prior of their own
        "classifier_fid": Definition(
            "Fréchet distance of a classifier's features",
            "",
            "In place of the FID, whose Inception network is not at hand: the Fréchet distance between the features "
            "that the classifier's last layer sees of samples and of as many held-out pictures.",
            False,
        ),
        "classifier_fid_real": Definition(
            "The same of real pictures",
            "",
            "The Fréchet distance between two halves of the held-out pictures, of the same sizes.",
            None,
        ),
        "sure_samples": Definition(
            "Sure samples",
            "",
            "Share of 1,000 samples with a class that the classifier finds at least 0.9 likely.",
            True,
        ),
        "sample_shares": Definition(
            "Share of each class",
            "",
            "Share of 1,000 samples that the classifier gives each class, or finds each attribute in.",
            None,
        ),
        "real_shares": Definition(
            "Share of each class in the data",
            "",
            f"Share of each class, or of each attribute, by label, {_ON_TEST}.",
            None,
        ),
        "seed_purities": Definition(
            "Category purity of each seed",
            "",
            f"Category purity of each seed that was trained, {_SWEEP}; the best one is this model.",
            True,
        ),
        "seed_distinct_classes": Definition(
            "Distinct classes of each seed",
            "classes",
            f"Number of distinct classes of each seed that was trained, {_SWEEP}.",
            True,
        ),
    }
)

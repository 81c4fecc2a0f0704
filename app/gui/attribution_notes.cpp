// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/attribution_notes.h"

#include <QCoreApplication>

namespace orderscope {
namespace {

struct Entry {
  const char* id;
  const char* formula;
  const char* reading;
  const char* caution;
};

constexpr Entry kEntries[] = {
    {"gradcam", "Σ_c mean_p(G_c) · A_c",
     QT_TRANSLATE_NOOP(
         "AttributionPage",
         "Where the channels that speak for the class on the whole are active: red for it, blue against."),
     QT_TRANSLATE_NOOP("AttributionPage",
                       "The weight of a channel is its mean over the image: what a channel says differently at "
                       "different places is lost, most of all in early layers.")},
    {"gradcam++", "Σ_c w_c · A_c,  w_c = Σ_p a · max(G, 0),  a = G² / (2G² + G³ Σ_p A)",
     QT_TRANSLATE_NOOP(
         "AttributionPage",
         "As Grad-CAM, with places of strong gradient counting more, so that several objects of one class show."),
     QT_TRANSLATE_NOOP("AttributionPage",
                       "Only what speaks for the class enters the weights: blue is not evidence against it. The "
                       "derivation assumes an exponential score.")},
    {"xgradcam", "Σ_c w_c · A_c,  w_c = Σ_p G·A / Σ_p A",
     QT_TRANSLATE_NOOP("AttributionPage", "As Grad-CAM, with the gradient averaged where the channel is active."),
     QT_TRANSLATE_NOOP("AttributionPage", "Where a channel's activations sum to nearly zero its weight explodes.")},
    {"hirescam", "Σ_c G_c · A_c",
     QT_TRANSLATE_NOOP("AttributionPage",
                       "What each place adds to the logit to first order: red for the class, blue against."),
     QT_TRANSLATE_NOOP("AttributionPage",
                       "Zero by construction at a layer that only a LayerNorm over channels reads: the last block "
                       "before a downsampling, a Swin's last block. The map says so then.")},
    {"layercam", "Σ_c max(G_c, 0) · A_c",
     QT_TRANSLATE_NOOP("AttributionPage",
                       "Where features that the class wants more of are active; fine detail survives in early layers."),
     QT_TRANSLATE_NOOP("AttributionPage",
                       "Evidence against the class is left out; early layers often show edges whatever the class.")},
    {"gradcam-elementwise", "Σ_c max(G_c · A_c, 0)",
     QT_TRANSLATE_NOOP("AttributionPage", "The part of each place that speaks for the class."),
     QT_TRANSLATE_NOOP("AttributionPage", "Never negative: places whose channels cancel look important.")},
    {"eigencam", "A centred, on its first right singular vector",
     QT_TRANSLATE_NOOP("AttributionPage", "Along which direction the activation varies most over the image."),
     QT_TRANSLATE_NOOP("AttributionPage",
                       "Knows nothing of the class. Its sign is chosen: the value of largest magnitude is positive.")},
    {"eigengradcam", "G·A centred, on its first right singular vector",
     QT_TRANSLATE_NOOP("AttributionPage", "Along which direction the evidence for the class varies most."),
     QT_TRANSLATE_NOOP("AttributionPage", "One direction of many, its sign chosen: red need not speak for the class.")},
    {"scorecam", "Σ_c w_c · A_c,  w = softmax of the logit of image × scaled A_c",
     QT_TRANSLATE_NOOP("AttributionPage",
                       "Channels count by the score of the image that they let through; no gradient is needed."),
     QT_TRANSLATE_NOOP("AttributionPage",
                       "Masked images are unlike any photo. The softmax over channels tends to give all weight to a "
                       "few. A forward pass a channel.")},
    {"ablationcam", "Σ_c w_c · A_c,  w_c = (y − y without c) / y",
     QT_TRANSLATE_NOOP("AttributionPage", "Channels count by what the logit loses without them."),
     QT_TRANSLATE_NOOP(
         "AttributionPage",
         "Signs turn where the logit is negative. Features that stand in for each other look unimportant.")},
    {"fullgrad", "x · ∂y/∂x + Σ_steps bias · ∂y/∂f",
     QT_TRANSLATE_NOOP("AttributionPage", "The whole logit, taken apart over input and biases of all steps."),
     QT_TRANSLATE_NOOP("AttributionPage",
                       "In HorNet and ConvNeXt nearly all of the logit is the head's bias, which has no place: the map "
                       "holds what is left.")},
    {"integrated-gradients", "(x − x′) · ∫ ∂y/∂x along the way from x′ to x",
     QT_TRANSLATE_NOOP("AttributionPage",
                       "What each pixel adds to the difference from the baseline image; the map adds up to it."),
     QT_TRANSLATE_NOOP(
         "AttributionPage",
         "The answer depends on the baseline: try more than one. A pixel like the baseline gets nothing.")},
    {"smoothgrad", "mean of ∂y/∂x over noisy images",
     QT_TRANSLATE_NOOP("AttributionPage",
                       "Which pixels the logit is sensitive to, the gradient's flicker averaged out."),
     QT_TRANSLATE_NOOP("AttributionPage",
                       "Sensitivity, not evidence: a sign says in which direction a change would act.")},
    {"occlusion", "y − y with a window replaced",
     QT_TRANSLATE_NOOP("AttributionPage", "What the logit loses when a window is covered: an experiment, no gradient."),
     QT_TRANSLATE_NOOP("AttributionPage",
                       "One window at a time misses what two do together; the cover is itself something to see.")},
    {"order-cam", "Σ_c mean_p(G_c) · T_c for each term T of a gnConv's output",
     QT_TRANSLATE_NOOP("AttributionPage",
                       "How much of a gnConv's evidence each interaction order carries; the last map is their sum."),
     QT_TRANSLATE_NOOP("AttributionPage", "Terms cancel: one may be larger than the sum. HorNet's blocks only.")},
};

QString tr(const char* text) { return QCoreApplication::translate("AttributionPage", text); }

}  // namespace

AttributionNotes notes_about(const std::string& method) {
  for (const Entry& entry : kEntries)
    if (method == entry.id) return {QString::fromUtf8(entry.formula), tr(entry.reading), tr(entry.caution)};
  return {};
}

}  // namespace orderscope

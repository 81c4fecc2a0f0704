// SPDX-License-Identifier: GPL-3.0-or-later
// What the compare page can show of a layer.
#include <QCoreApplication>
#include <algorithm>

#include "app/gui/compare_grid.h"
#include "core/analysis/descriptor.h"

namespace orderscope {
namespace {

QString tr(const char* text) { return QCoreApplication::translate("ComparePage", text); }

}  // namespace

QString quantity_title(const std::string& quantity) {
  if (quantity == "energy") return tr("activation energy");
  if (quantity == "pca") return tr("PCA colours");
  if (quantity == "attention") return tr("Swin attention");
  const MethodDescriptor* about = find_descriptor(quantity);
  return QString::fromStdString(about ? about->title : quantity);
}

std::vector<std::string> compare_quantities() {
  std::vector<std::string> all{"energy", "pca", "gradcam", "attention"};
  for (const std::string& id : comparable_methods())
    if (std::find(all.begin(), all.end(), id) == all.end()) all.push_back(id);
  return all;
}

std::set<std::string> wanted_quantities(const CompareSettings& settings, const std::vector<CompareColumn>& columns) {
  // Grad-CAM is cheap from the trace that is there, and says where models disagree.
  std::set<std::string> wanted{"gradcam"};
  if (settings.layers) return wanted;
  wanted.insert(settings.quantity);
  if (settings.rows != CompareRows::Maps) return wanted;
  wanted.insert("pca");
  if (std::any_of(columns.begin(), columns.end(), [](const CompareColumn& c) { return c.has_attention(); }))
    wanted.insert("attention");
  return wanted;
}

}  // namespace orderscope

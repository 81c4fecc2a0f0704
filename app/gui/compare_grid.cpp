// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/compare_grid.h"

#include <QCoreApplication>
#include <algorithm>

#include "core/image/overlay.h"
#include "widgets/figure/format.h"

namespace orderscope {
namespace {

QString tr(const char* text) { return QCoreApplication::translate("ComparePage", text); }

QString size_text(const Map& map) { return QStringLiteral("%1\u00A0× %2").arg(map.height).arg(map.width); }

int block_of_stage(const Model& model, int stage) {
  const std::vector<int> last = last_blocks(model);
  return stage < static_cast<int>(last.size()) ? last[static_cast<std::size_t>(stage)] : -1;
}

QString block_text(const CompareColumn& column, int block) {
  if (!column.model || block < 0) return {};
  return QString::fromStdString(column.model->blocks[static_cast<std::size_t>(block)].name);
}

const CompareMaps* maps_of(const CompareColumn& column, const std::string& quantity) {
  if (quantity == "energy") return &column.energies;
  const auto found = column.quantities.find(quantity);
  return found == column.quantities.end() ? nullptr : &found->second;
}

/// Energies and Grad-CAM come a block, everything else a stage.
bool by_block(const std::string& quantity) { return quantity == "energy" || quantity == "gradcam"; }

SharedMap map_of(const CompareColumn& column, const std::string& quantity, int stage, int block) {
  const CompareMaps* maps = maps_of(column, quantity);
  const int index = by_block(quantity) ? block : stage;
  if (maps == nullptr || index < 0 || index >= static_cast<int>(maps->maps.size())) return nullptr;
  return maps->maps[static_cast<std::size_t>(index)];
}

/// Why a tile is empty, and how far what fills it is.
void explain_absence(MapPanel& panel, const CompareWork& work, std::size_t index, const std::string& quantity) {
  const CompareColumn& column = work.columns()[index];
  const auto& progress = work.progress();
  if (!column.problem.isEmpty()) {
    panel.note = column.problem;
    return;
  }
  const CompareMaps* maps = maps_of(column, quantity);
  if (maps && !maps->problem.isEmpty()) panel.note = maps->problem;
  if (quantity == "pca" && !column.colors_problem.isEmpty()) panel.note = column.colors_problem;
  if (quantity == "pca" && !column.colors.empty()) panel.note = tr("this layer has no components");
  if (quantity == "attention" && column.model && !column.has_attention())
    panel.note = tr("no attention: this model mixes space by convolution");
  else if (quantity == "attention" && column.compared && !work.looking_from())
    panel.note = tr("click a pixel to see what it attends to");
  if (!panel.note.isEmpty()) return;
  const bool ours = progress && (progress->column < 0 || progress->column == static_cast<int>(index)) &&
                    progress->what != "similarity" && progress->what != "spectra";
  if (!ours) {
    panel.note = work.idle() ? tr("not computed") : tr("waits for the others");
    return;
  }
  panel.note = progress->activity;
  panel.progress = std::max(progress->fraction, 0.0);
}

MapPanel panel_of(const CompareWork& work, std::size_t index, const std::string& quantity, int stage, int block) {
  const CompareColumn& column = work.columns()[index];
  MapPanel panel;
  panel.context = static_cast<int>(index);
  panel.name = tr("%1, %2 of %3").arg(block_text(column, block), quantity_title(quantity), column.name);
  panel.label = block_text(column, block);
  panel.frame = column.compared ? std::optional(column.frame()) : std::nullopt;
  if (quantity == "pca") {
    if (stage >= 0 && stage < static_cast<int>(column.colors.size()))
      if (const auto& colors = column.colors[static_cast<std::size_t>(stage)]) {
        panel.colors = to_qimage(colors->colors);
        const double share = colors->variance[0] + colors->variance[1] + colors->variance[2];
        panel.label = tr("%1 % of the variance").arg(share * 100, 0, 'f', 0);
        if (index > 0) panel.label += tr(" · aligned %1").arg(colors->alignment, 0, 'f', 2);
      }
  } else {
    panel.map = map_of(column, quantity, stage, block);
    if (panel.map && column.model && block >= 0) panel.detail = size_text(*panel.map);
  }
  if (panel.empty()) explain_absence(panel, work, index, quantity);
  return panel;
}

void scale_groups(PanelGrid& grid, CompareScale mode) {
  std::vector<const Map*> all;
  for (const auto& row : grid.rows)
    for (const PanelGroup& group : row)
      for (const MapPanel& panel : group.panels) all.push_back(panel.map.get());
  const ColorScale shared = scale_for(all);
  for (auto& row : grid.rows)
    for (PanelGroup& group : row) {
      std::vector<const Map*> maps;
      for (const MapPanel& panel : group.panels) maps.push_back(panel.map.get());
      group.bar = mode == CompareScale::Shared ? shared : scale_for(maps);
      group.relative = mode == CompareScale::PerImage && group.panels.size() > 1;
      for (MapPanel& panel : group.panels)
        if (panel.map) panel.scale = group.relative ? scale_for(*panel.map) : group.bar;
    }
}

PanelColumn head_of(const CompareWork& work, const CompareColumn& column) {
  PanelColumn head{.title = column.name, .color = column.color};
  if (!column.compared) return head;
  if (!column.compared->scores().empty()) {
    const auto& best = column.compared->scores().front();
    head.detail = QStringLiteral("%1 %2").arg(QString::fromStdString(best.name)).arg(best.probability, 0, 'f', 2);
  }
  const InputImage& input = column.compared->input();
  head.hint = tr("%1 at %2 × %3")
                  .arg(QString::fromStdString(column.path.string()))
                  .arg(input.pixels.width)
                  .arg(input.pixels.height);
  const int explained = work.class_of(column);
  for (const ClassScore& score : column.compared->scores())
    if (score.index == explained)
      head.hint += tr("\n%1: %2").arg(QString::fromStdString(score.name)).arg(score.probability, 0, 'f', 3);
  return head;
}

QString subtitle_of(const PanelGroup& group, const CompareWork& work, const std::string& quantity) {
  QStringList sizes;
  for (const MapPanel& panel : group.panels)
    if (panel.map && !sizes.contains(size_text(*panel.map))) sizes << size_text(*panel.map);
  QStringList lines;
  if (quantity == "gradcam") lines << tr("of %1").arg(QString::fromStdString(work.class_name()));
  if (sizes.size() == 1) lines << sizes.front();
  return lines.join('\n');
}

PanelGroup row_of(const CompareWork& work, const std::string& quantity, int stage, const QString& title) {
  PanelGroup group;
  group.title = title;
  for (std::size_t i = 0; i < work.columns().size(); ++i) {
    const CompareColumn& column = work.columns()[i];
    const int block = column.model ? block_of_stage(*column.model, stage) : -1;
    group.panels.push_back(panel_of(work, i, quantity, stage, block));
  }
  group.subtitle = subtitle_of(group, work, quantity);
  return group;
}

/// What segmenters and detectors say, in the colours of their classes; nothing where all models are classifiers.
std::optional<PanelGroup> prediction_row(const CompareWork& work, double least_score) {
  PanelGroup group;
  group.title = tr("classes");
  group.subtitle = tr("as predicted");
  group.hint = tr("What segmenters and detectors say, in the colours of their classes; boxes from a score of %1 on")
                   .arg(least_score, 0, 'f', 2);
  bool any = false;
  for (std::size_t i = 0; i < work.columns().size(); ++i) {
    const CompareColumn& column = work.columns()[i];
    MapPanel panel;
    panel.context = static_cast<int>(i);
    panel.name = tr("prediction of %1").arg(column.name);
    panel.frame = column.compared ? std::optional(column.frame()) : std::nullopt;
    panel.colors = column.prediction;
    QStringList names;
    if (column.compared && !panel.colors.isNull())
      for (const ClassScore& score : column.compared->scores())
        if (const QString name = QString::fromStdString(score.name); !names.contains(name)) names << name;
    panel.label = names.mid(0, 4).join(QStringLiteral(", "));
    if (panel.colors.isNull()) {
      const bool classifies = column.model && column.model->is_classifier();
      if (classifies || !column.compared)
        panel.note = classifies ? tr("a classifier: one class for the whole picture") : tr("on its way");
      else
        panel.note = tr("nothing was found");
      if (!column.problem.isEmpty()) panel.note = column.problem;
    }
    any = any || (column.model && !column.model->is_classifier());
    group.panels.push_back(std::move(panel));
  }
  return any ? std::optional(std::move(group)) : std::nullopt;
}

int column_of(const CompareWork& work, const std::string& path) {
  for (std::size_t i = 0; i < work.columns().size(); ++i)
    if (work.columns()[i].path.string() == path) return static_cast<int>(i);
  return -1;
}

/// Two layers, a row a quantity that both have.
PanelGrid layers_grid(const CompareWork& work, const CompareLayers& layers) {
  PanelGrid grid;
  const int a = column_of(work, layers.model_a), b = column_of(work, layers.model_b);
  const std::pair<int, int> sides[] = {{a, layers.block_a}, {b, layers.block_b}};
  for (const auto& [index, block] : sides) {
    const CompareColumn& column = work.columns()[static_cast<std::size_t>(index)];
    PanelColumn head = head_of(work, column);
    head.title = block_text(column, block);
    head.detail = column.name;
    grid.columns.push_back(head);
  }
  for (const std::string quantity : {"energy", "gradcam"}) {
    PanelGroup group;
    group.title = quantity_title(quantity);
    for (const auto& [index, block] : sides)
      group.panels.push_back(panel_of(work, static_cast<std::size_t>(index), quantity, -1, block));
    group.subtitle = subtitle_of(group, work, quantity);
    grid.rows.push_back({std::move(group)});
  }
  return grid;
}

}  // namespace

bool can_open(const CompareWork& work, const CompareLayers& layers) {
  const std::pair<const std::string&, int> sides[] = {{layers.model_a, layers.block_a},
                                                      {layers.model_b, layers.block_b}};
  for (const auto& [path, block] : sides) {
    const int index = column_of(work, path);
    if (index < 0) return false;
    const auto& model = work.columns()[static_cast<std::size_t>(index)].model;
    if (!model || block < 0 || block >= static_cast<int>(model->blocks.size())) return false;
  }
  return true;
}

std::pair<int, int> divided_columns(const CompareWork& work, const CompareSettings& settings) {
  const bool opened = settings.layers && can_open(work, *settings.layers);
  if (opened || !settings.divided) return {0, 1};
  const int left = column_of(work, settings.divided->model_a), right = column_of(work, settings.divided->model_b);
  return left < 0 || right < 0 || left == right ? std::pair(0, 1) : std::pair(left, right);
}

int stage_count(const std::vector<CompareColumn>& columns) {
  std::size_t stages = 0;
  for (const CompareColumn& column : columns)
    if (column.model) stages = std::max(stages, last_blocks(*column.model).size());
  return static_cast<int>(stages);
}

SharedMap compare_map(const CompareColumn& column, const std::string& quantity, int stage) {
  if (!column.model) return nullptr;
  const int last = static_cast<int>(last_blocks(*column.model).size()) - 1;
  if (stage < 0 || stage > last) stage = last;
  return map_of(column, quantity, stage, block_of_stage(*column.model, stage));
}

PanelGrid compare_grid(const CompareWork& work, const CompareSettings& settings) {
  PanelGrid grid;
  if (work.columns().empty() || work.photo().isNull()) return grid;
  const bool opened = settings.layers && can_open(work, *settings.layers);
  if (opened) grid = layers_grid(work, *settings.layers);
  const int stages = stage_count(work.columns());
  if (grid.rows.empty()) {
    grid.columns.clear();
    for (const CompareColumn& column : work.columns()) grid.columns.push_back(head_of(work, column));
    if (auto predictions = prediction_row(work, settings.least_score)) grid.rows.push_back({std::move(*predictions)});
    if (settings.rows == CompareRows::Stages) {
      for (int stage = 0; stage < stages; ++stage)
        grid.rows.push_back({row_of(work, settings.quantity, stage, tr("stage %1").arg(stage + 1))});
    } else {
      const int stage = settings.stage < 0 || settings.stage >= stages ? stages - 1 : settings.stage;
      std::vector<std::string> rows{"energy", "pca", "gradcam"};
      const auto wanted = wanted_quantities(settings, work.columns());
      if (wanted.contains("attention")) rows.emplace_back("attention");
      if (std::find(rows.begin(), rows.end(), settings.quantity) == rows.end()) rows.push_back(settings.quantity);
      for (const std::string& quantity : rows)
        grid.rows.push_back({row_of(work, quantity, stage, quantity_title(quantity))});
    }
  }
  // Rows of several quantities have no unit in common.
  const bool one_quantity = settings.rows == CompareRows::Stages && !opened;
  scale_groups(grid, settings.scale == CompareScale::Shared && !one_quantity ? CompareScale::PerRow : settings.scale);
  grid.photo = work.photo();
  grid.frame = work.photo_frame();
  grid.style = settings.style;
  return grid;
}

}  // namespace orderscope

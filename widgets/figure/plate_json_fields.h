// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QColor>
#include <QString>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include "core/base/json_fields.h"
#include "widgets/figure/panel_grid.h"

namespace orderscope {

// Numbers as base64 of little-endian IEEE values: exact, and a tenth of the size of digits.
template <class T>
std::string packed(const std::vector<T>& values) {
  return QByteArray(reinterpret_cast<const char*>(values.data()), static_cast<qsizetype>(values.size() * sizeof(T)))
      .toBase64()
      .toStdString();
}

template <class T>
std::vector<T> unpacked(JsonFields& fields, const char* name) {
  constexpr std::size_t kLongest = 512u << 20;
  const auto decoded = QByteArray::fromBase64Encoding(QByteArray::fromStdString(fields.text(name, {}, kLongest)),
                                                      QByteArray::AbortOnBase64DecodingErrors);
  if (!decoded || (*decoded).size() % static_cast<qsizetype>(sizeof(T)) != 0) {
    fields.refuse(name, "must be numbers in base64");
    return {};
  }
  std::vector<T> values(static_cast<std::size_t>((*decoded).size()) / sizeof(T));
  std::memcpy(values.data(), (*decoded).constData(), static_cast<std::size_t>((*decoded).size()));
  return values;
}

inline QString qtext(JsonFields& fields, const char* name) { return QString::fromStdString(fields.text(name)); }

/// Calls read(fields, place) for each object of a list.
template <class Read>
void each(JsonFields& fields, const char* name, std::optional<Error>& error, Read read) {
  const nlohmann::json* list = fields.array(name);
  for (std::size_t i = 0; list != nullptr && i < list->size() && !error; ++i) {
    JsonFields entry((*list)[i], json_place(fields.place(name), i), error);
    read(entry);
  }
}

nlohmann::json scale_json(const ColorScale& scale);
ColorScale scale_from(JsonFields& fields, const char* name, std::optional<Error>& error);

/// "#0072b2"; null where there is none.
nlohmann::json color_json(const QColor& color);
QColor color_from(JsonFields& fields);

Provenance provenance_from(JsonFields& fields, const char* name, std::optional<Error>& error);

nlohmann::json grid_json(const PanelGrid& grid);
PanelGrid grid_from(JsonFields& fields, std::optional<Error>& error);

}  // namespace orderscope

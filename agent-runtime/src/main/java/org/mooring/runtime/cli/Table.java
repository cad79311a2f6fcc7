package org.mooring.runtime.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * JSON as aligned text, for people. An object is a line for each of its values; an array of objects in it is a table,
 * headed by their keys.
 */
final class Table {
    private static final String GAP = "  ";

    private Table() {}

    static List<String> lines(JsonNode json) {
        List<String> lines = new ArrayList<>();
        List<List<String>> values = new ArrayList<>();
        json.properties().forEach(field -> {
            if (!isTable(field.getValue())) {
                values.add(List.of(field.getKey(), cell(field.getValue())));
            }
        });
        lines.addAll(align(values));
        json.properties().forEach(field -> {
            if (isTable(field.getValue())) {
                if (!lines.isEmpty()) {
                    lines.add("");
                }
                lines.addAll(table(field));
            }
        });
        return lines;
    }

    private static boolean isTable(JsonNode json) {
        return json.isArray() && (json.isEmpty() || json.get(0).isObject());
    }

    private static List<String> table(Map.Entry<String, JsonNode> field) {
        JsonNode objects = field.getValue();
        if (objects.isEmpty()) {
            return List.of("no " + field.getKey());
        }
        Set<String> columns = new LinkedHashSet<>();
        objects.forEach(object -> object.fieldNames().forEachRemaining(columns::add));
        List<List<String>> rows = new ArrayList<>();
        rows.add(columns.stream().map(name -> name.toUpperCase(Locale.ROOT)).toList());
        objects.forEach(object ->
                rows.add(columns.stream().map(name -> cell(object.path(name))).toList()));
        return align(rows);
    }

    private static String cell(JsonNode json) {
        if (json.isNull() || json.isMissingNode() || (json.isContainerNode() && json.isEmpty())) {
            return "-";
        }
        if (json.isObject()) {
            return json.properties().stream()
                    .map(field -> field.getKey() + "=" + cell(field.getValue()))
                    .collect(Collectors.joining(" "));
        }
        if (json.isArray()) {
            List<String> items = new ArrayList<>();
            json.forEach(item -> items.add(cell(item)));
            return String.join(" ", items);
        }
        return json.asText();
    }

    private static List<String> align(List<List<String>> rows) {
        int columns = rows.isEmpty() ? 0 : rows.get(0).size();
        int[] widths = new int[columns];
        for (List<String> row : rows) {
            for (int i = 0; i < columns; i++) {
                widths[i] = Math.max(widths[i], row.get(i).length());
            }
        }
        return rows.stream()
                .map(row -> {
                    StringBuilder line = new StringBuilder();
                    for (int i = 0; i < columns; i++) {
                        line.append(row.get(i))
                                .append(" ".repeat(widths[i] - row.get(i).length()))
                                .append(GAP);
                    }
                    return line.toString().stripTrailing();
                })
                .toList();
    }
}

package org.mooring.runtime.store;

import org.jspecify.annotations.Nullable;

/**
 * One change of one named map.
 *
 * @param value a record that {@link org.mooring.runtime.json.Json} can write; null removes the key
 */
public record Change(String map, String key, @Nullable Object value) {
    public static Change put(String map, String key, Object value) {
        return new Change(map, key, value);
    }

    public static Change remove(String map, String key) {
        return new Change(map, key, null);
    }
}

package org.mooring.migrator.host;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Locale;

/**
 * How far a migration is, of QEMU's {@code query-migrate}.
 *
 * @param total octets of the guest's memory
 * @param remaining octets known to be still to send; grows when the guest writes
 * @param transferred octets sent so far
 * @param rate octets per second
 * @param pass over the memory, from 1
 */
record Progress(long total, long remaining, long transferred, long rate, long pass) {
    private static final int BAR = 24;
    private static final double MEBIBYTE = 1 << 20;

    static Progress of(JsonNode migration) {
        JsonNode ram = migration.path("ram");
        return new Progress(
                ram.path("total").asLong(),
                ram.path("remaining").asLong(),
                ram.path("transferred").asLong(),
                // Megabits, decimal ones.
                (long) (ram.path("mbps").asDouble() * 125_000),
                Math.max(1, ram.path("dirty-sync-count").asLong()));
    }

    int percent() {
        return total <= 0 ? 0 : (int) Math.max(0, Math.min(100, 100 * (total - remaining) / total));
    }

    /** One line for a terminal. */
    String bar() {
        int full = percent() * BAR / 100;
        return String.format(
                Locale.ROOT,
                "[%s%s] %3d %%  %s of %s MiB sent, %s MiB/s, %s left, pass %d",
                "#".repeat(full),
                "-".repeat(BAR - full),
                percent(),
                mebibytes(transferred),
                mebibytes(total),
                mebibytes(rate),
                left(),
                pass);
    }

    static String mebibytes(long octets) {
        return String.format(Locale.ROOT, "%.1f", octets / MEBIBYTE);
    }

    private String left() {
        if (rate <= 0) {
            return "?";
        }
        long seconds = (remaining + rate - 1) / rate;
        return seconds < 60 ? seconds + " s" : String.format(Locale.ROOT, "%d:%02d min", seconds / 60, seconds % 60);
    }
}

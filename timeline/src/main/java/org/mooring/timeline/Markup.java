package org.mooring.timeline;

import java.util.Locale;

/** Text of SVG and HTML. */
final class Markup {
    private final StringBuilder text = new StringBuilder();

    /** Adds a line; strings among {@code arguments} are escaped. */
    void line(String format, Object... arguments) {
        Object[] escaped = arguments.clone();
        for (int i = 0; i < escaped.length; i++) {
            if (escaped[i] instanceof String string) {
                escaped[i] = escape(string);
            }
        }
        text.append(String.format(Locale.ROOT, format, escaped)).append('\n');
    }

    /** Adds what is markup already. */
    void raw(String markup) {
        text.append(markup).append('\n');
    }

    static String escape(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }

    @Override
    public String toString() {
        return text.toString();
    }
}

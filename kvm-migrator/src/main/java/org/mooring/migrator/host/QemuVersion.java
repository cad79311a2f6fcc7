package org.mooring.migrator.host;

import java.util.Comparator;

/** A version such as 7.2.22, of which the first two numbers decide what a guest's state looks like. */
record QemuVersion(int major, int minor) {
    private static final Comparator<QemuVersion> ORDER =
            Comparator.comparingInt(QemuVersion::major).thenComparingInt(QemuVersion::minor);

    static QemuVersion of(String text) {
        String[] numbers = text.split("\\.", -1);
        return numbers.length < 2 ? new QemuVersion(0, 0) : new QemuVersion(number(numbers[0]), number(numbers[1]));
    }

    boolean isOlderThan(QemuVersion other) {
        return ORDER.compare(this, other) < 0;
    }

    private static int number(String text) {
        return text.matches("[0-9]{1,6}") ? Integer.parseInt(text) : 0;
    }
}

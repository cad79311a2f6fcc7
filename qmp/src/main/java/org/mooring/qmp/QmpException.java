package org.mooring.qmp;

/** QEMU understood a command and refused it (QMP specification, "Error"). */
public final class QmpException extends Exception {
    private final String command;
    private final String errorClass;
    private final String description;

    QmpException(String command, String errorClass, String description) {
        super("QEMU refused " + command + ": " + description);
        this.command = command;
        this.errorClass = errorClass;
        this.description = description;
    }

    public String command() {
        return command;
    }

    /** {@code GenericError}, {@code CommandNotFound}, {@code DeviceNotFound}, ... */
    public String errorClass() {
        return errorClass;
    }

    /** QEMU's own words. */
    public String description() {
        return description;
    }
}

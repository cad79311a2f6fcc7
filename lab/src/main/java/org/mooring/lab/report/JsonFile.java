package org.mooring.lab.report;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A report for programs. */
public final class JsonFile {
    private JsonFile() {}

    /** Writes {@code report}, a record, as JSON. */
    public static void write(Path file, Object report) throws IOException {
        var json = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
        Files.writeString(file, json.writeValueAsString(report) + "\n");
    }
}

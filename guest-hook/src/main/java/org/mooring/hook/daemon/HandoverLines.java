package org.mooring.hook.daemon;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import org.mooring.runtime.json.Json;
import org.mooring.timeline.HandoverAccount;
import org.mooring.timeline.HandoverRecord;
import org.mooring.timeline.TimelineText;

/** What {@code /handovers} answers, for people: a timeline for each handover. */
final class HandoverLines {
    private static final String HERE = "this host";

    private HandoverLines() {}

    static List<String> of(JsonNode answer) {
        List<String> lines = new ArrayList<>();
        for (JsonNode handover : answer.path("handovers")) {
            if (!lines.isEmpty()) {
                lines.add("");
            }
            lines.addAll(
                    TimelineText.lines(HandoverAccount.of(read(handover), HERE).timeline()));
        }
        return lines.isEmpty() ? List.of("no handovers") : lines;
    }

    private static HandoverRecord read(JsonNode handover) {
        try {
            return Json.MAPPER.treeToValue(handover, HandoverRecord.class);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("the hook's own answer can't be read", e);
        }
    }
}

package org.mooring.timeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.mooring.timeline.Timeline.Moment;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

@DisplayName("A timeline")
class TimelineTest {
    private static final Timeline TIMELINE = new Timeline(
            "guest <g1>: ka to kb",
            List.of("rescued 3"),
            "STOP",
            42.0,
            List.of("ka", "home agent", "elsewhere", "kb"),
            List.of(
                    new Moment(42, "kb", "qemu: resume", 0),
                    new Moment(-1200.04, "ka", "kvm-migrator: begins", 0),
                    new Moment(0, "ka", "qemu: stop", 0),
                    new Moment(12.5, "home agent", "COMMIT accepted", 6),
                    new Moment(43, "kb", "hook: a & b", 0)));

    @Test
    void isPrintedInOrderWithThePauseMarked() {
        assertEquals("""
                        guest <g1>: ka to kb
                          rescued 3
                               MS from STOP
                          -1200.0  ka          kvm-migrator: begins
                        |    +0.0  ka          qemu: stop
                        |  ~+12.5  home agent  COMMIT accepted
                        |   +42.0  kb          qemu: resume
                            +43.0  kb          hook: a & b
                        """, String.join("\n", TimelineText.lines(TIMELINE)) + "\n");
    }

    @Test
    void hasLanesOnlyWhereSomethingHappened() {
        assertEquals(List.of("ka", "home agent", "kb"), TIMELINE.places());
    }

    @Test
    void isDrawnWithADotForEachMomentInTheLaneOfItsPlace() throws Exception {
        Document svg = parse(TimelineSvg.draw(List.of(TIMELINE)));
        List<String> texts = contents(svg, "text");
        assertTrue(
                texts.containsAll(List.of("guest <g1>: ka to kb", "rescued 3", "home agent", "hook: a & b", "+42.0")),
                texts::toString);
        NodeList dots = svg.getElementsByTagName("circle");
        assertEquals(5, dots.getLength());
        List<String> x = new ArrayList<>();
        double before = 0;
        for (int i = 0; i < 5; i++) {
            Element dot = (Element) dots.item(i);
            x.add(dot.getAttribute("cx"));
            double y = Double.parseDouble(dot.getAttribute("cy"));
            assertTrue(y > before, "time goes down");
            before = y;
        }
        assertEquals(x.get(0), x.get(1));
        assertEquals(x.get(3), x.get(4));
        assertEquals(3, x.stream().distinct().count(), x::toString);
    }

    @Test
    void isShadedFromStopToResume() throws Exception {
        Document svg = parse(TimelineSvg.draw(List.of(TIMELINE)));
        Element shade = (Element) svg.getElementsByTagName("rect").item(1);
        assertEquals("pause", shade.getAttribute("class"));
        double top = Double.parseDouble(shade.getAttribute("y"));
        double bottom = top + Double.parseDouble(shade.getAttribute("height"));
        List<Boolean> shaded = new ArrayList<>();
        NodeList dots = svg.getElementsByTagName("circle");
        for (int i = 0; i < dots.getLength(); i++) {
            double y = Double.parseDouble(((Element) dots.item(i)).getAttribute("cy"));
            shaded.add(y > top && y < bottom);
        }
        assertEquals(List.of(false, true, true, true, false), shaded);
    }

    @Test
    void isNotShadedWhereNoResumeIsKnown() throws Exception {
        Timeline timeline = new Timeline("t", List.of(), "the beginning", null, TIMELINE.places(), TIMELINE.moments());
        assertEquals(
                1,
                parse(TimelineSvg.draw(List.of(timeline)))
                        .getElementsByTagName("rect")
                        .getLength());
        assertFalse(TimelineText.lines(timeline).stream().anyMatch(line -> line.startsWith("|")));
    }

    @Test
    void hasAPageThatNeedsNoOtherFile() {
        String page = TimelinePage.of(List.of(TIMELINE, TIMELINE));
        assertEquals(2, page.split("<svg ", -1).length - 1);
        assertTrue(page.contains("<h2>guest &lt;g1&gt;: ka to kb</h2>"), page);
        assertTrue(page.contains("<tr class=\"pause\"><td class=\"t\">+0.0</td>"), page);
        assertFalse(page.contains("src=") || page.contains("href="), page);
    }

    @Test
    void mayBeEmpty() throws Exception {
        Timeline empty = new Timeline("nothing", List.of(), "the beginning", null, List.of("ka"), List.of());
        assertEquals(List.of("nothing", "  MS from the beginning"), TimelineText.lines(empty));
        parse(TimelineSvg.draw(List.of(empty)));
        parse(TimelineSvg.draw(List.of()));
    }

    private static Document parse(String svg) throws Exception {
        return DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(new ByteArrayInputStream(svg.getBytes(StandardCharsets.UTF_8)));
    }

    private static List<String> contents(Document document, String tag) {
        List<String> contents = new ArrayList<>();
        NodeList nodes = document.getElementsByTagName(tag);
        for (int i = 0; i < nodes.getLength(); i++) {
            contents.add(nodes.item(i).getTextContent());
        }
        return contents;
    }
}

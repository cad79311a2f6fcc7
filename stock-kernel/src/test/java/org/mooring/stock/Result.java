package org.mooring.stock;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/**
 * What became of one test in the guest.
 *
 * @param trouble empty if it passed; one that was skipped proves nothing, and did not
 */
record Result(String name, String trouble) {
    /** Of all tests of a report in JUnit's XML. */
    static List<Result> of(Document report) {
        var results = new ArrayList<Result>();
        for (Element test : elements(report.getElementsByTagName("testcase"))) {
            String className = test.getAttribute("classname");
            results.add(new Result(
                    className.substring(className.lastIndexOf('.') + 1) + "." + test.getAttribute("name"),
                    trouble(test)));
        }
        return results;
    }

    private static String trouble(Element test) {
        var troubles = new StringBuilder();
        for (String kind : List.of("failure", "error", "skipped")) {
            for (Element trouble : elements(test.getElementsByTagName(kind))) {
                troubles.append(kind).append(": ").append(trouble.getTextContent());
            }
        }
        return troubles.toString();
    }

    private static List<Element> elements(NodeList nodes) {
        return IntStream.range(0, nodes.getLength())
                .mapToObj(i -> (Element) nodes.item(i))
                .toList();
    }

    void check() {
        if (!trouble.isEmpty()) {
            throw new AssertionError("in the guest: " + trouble);
        }
    }
}

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * What sites gave: a file of JSON lines for each, written run by run, and one table of all.
 *
 * <pre>Results FILE…</pre>
 *
 * prints the table and ends with 1 if incidents were lost or not ended, if a message of a replaced node looked current, or if a site failed.
 */
public final class Results {
    private static final ObjectMapper JSON = new ObjectMapper();

    /**
     * One run of a scenario.
     *
     * @param seconds from the fault to the arrival of the first current detection of the last affected camera
     * @param moved cameras whose node is another one afterwards
     * @param unmarked messages of a replaced node that look current
     */
    record Run(String scenario, int brokers, double seconds, int affected, int moved, int marked, int byEpochOnly, int unmarked, double bothSeconds, double openedTwiceSeconds) {}

    /** Incidents of all runs of a site; ids where something is wrong. */
    record Incidents(int started, Collection<String> lost, Collection<String> notEnded, int endedAsNodeLost) {}

    /** A line of a file: a run, or the incidents of all of them, or why the site ended early. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Line(Run run, Incidents incidents, String failure) {}

    private final Path file;

    /** Appends to a file; null if nothing is to be kept. */
    Results(Path file) {
        this.file = file;
    }

    void add(Run run) throws IOException {
        add(new Line(run, null, null));
    }

    void add(Incidents incidents) throws IOException {
        add(new Line(null, incidents, null));
    }

    void fail(String reason) throws IOException {
        add(new Line(null, null, reason));
    }

    private void add(Line line) throws IOException {
        Files.writeString(
                file, JSON.writeValueAsString(line) + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    public static void main(String[] args) throws IOException {
        List<Line> lines = new ArrayList<>();
        for (String file : args) {
            for (String line : Files.readAllLines(Path.of(file))) {
                try {
                    lines.add(JSON.readValue(line, Line.class));
                } catch (JsonProcessingException e) {
                    System.err.println(file + ": expected JSON lines of a site, found " + line);
                }
            }
        }
        System.exit(report(lines) ? 0 : 1);
    }

    private static boolean report(List<Line> lines) {
        System.out.println("| brokers | what happens | runs | all analysed again, s: median, p95, max | cameras affected | moved, beside them"
                + " | late messages: marked, by epoch only, unmarked | analysed by both, s: median, max | opened twice, s: median, max |");
        System.out.println("| --- | --- | --- | --- | --- | --- | --- | --- | --- |");
        List<Run> runs = lines.stream().map(Line::run).filter(run -> run != null).toList();
        Map<Integer, Map<String, List<Run>>> table = runs.stream()
                .collect(Collectors.groupingBy(
                        Run::brokers, TreeMap::new, Collectors.groupingBy(Run::scenario, Collectors.toList())));
        table.forEach((brokers, scenarios) -> Scenarios.ALL.stream()
                .filter(scenarios::containsKey)
                .forEach(scenario -> report(brokers, scenario, scenarios.get(scenario))));
        int started = 0;
        int orphans = 0;
        List<String> lost = new ArrayList<>();
        List<String> notEnded = new ArrayList<>();
        List<String> failures = lines.stream().map(Line::failure).filter(reason -> reason != null).toList();
        for (Line line : lines) {
            if (line.incidents() != null) {
                started += line.incidents().started();
                orphans += line.incidents().endedAsNodeLost();
                lost.addAll(line.incidents().lost());
                notEnded.addAll(line.incidents().notEnded());
            }
        }
        System.out.println();
        System.out.println(started + " incidents started, " + lost.size() + " lost, " + notEnded.size() + " not ended, "
                + orphans + " ended as node-lost");
        lost.forEach(id -> System.out.println("lost: " + id));
        notEnded.forEach(id -> System.out.println("not ended: " + id));
        failures.forEach(reason -> System.out.println("a site failed: " + reason));
        return lost.isEmpty()
                && notEnded.isEmpty()
                && failures.isEmpty()
                && runs.stream().allMatch(run -> run.unmarked() == 0);
    }

    private static void report(int brokers, String scenario, List<Run> runs) {
        double[] seconds = runs.stream().mapToDouble(Run::seconds).sorted().toArray();
        double[] both = runs.stream().mapToDouble(Run::bothSeconds).sorted().toArray();
        double[] twice = runs.stream().mapToDouble(Run::openedTwiceSeconds).sorted().toArray();
        System.out.printf(
                Locale.ROOT,
                "| %d | %s | %d | %.1f, %.1f, %.1f | %s | %s, %s | %d, %d, %d | %.1f, %.1f | %.1f, %.1f |%n",
                brokers,
                scenario,
                runs.size(),
                quantile(seconds, 0.5),
                quantile(seconds, 0.95),
                quantile(seconds, 1),
                range(runs.stream().mapToInt(Run::affected).toArray()),
                range(runs.stream().mapToInt(Run::moved).toArray()),
                range(runs.stream().mapToInt(run -> Math.max(0, run.moved() - run.affected())).toArray()),
                runs.stream().mapToInt(Run::marked).sum(),
                runs.stream().mapToInt(Run::byEpochOnly).sum(),
                runs.stream().mapToInt(Run::unmarked).sum(),
                quantile(both, 0.5),
                quantile(both, 1),
                quantile(twice, 0.5),
                quantile(twice, 1));
    }

    /** The smallest value that so many of the sorted values do not exceed. */
    private static double quantile(double[] sorted, double portion) {
        return sorted[Math.max(0, (int) Math.ceil(portion * sorted.length) - 1)];
    }

    private static String range(int[] values) {
        int least = Arrays.stream(values).min().orElse(0);
        int most = Arrays.stream(values).max().orElse(0);
        return least == most ? Integer.toString(least) : least + " to " + most;
    }
}

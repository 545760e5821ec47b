package io.helmwatch.sinks.spool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.helmwatch.config.incident.SpoolConfig;
import io.helmwatch.sinks.sqlite.SqliteFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SpoolTransactionTest {
    private static final Clock CLOCK = Clock.fixed(Instant.ofEpochMilli(Incidents.NOON), ZoneOffset.UTC);

    @TempDir
    Path folder;

    private SqliteFile file;
    private EventTable events;

    @BeforeEach
    void open() {
        file = SpoolSchema.open(new SpoolConfig(folder, 1 << 20, false), CLOCK.millis());
        events = new EventTable(file);
    }

    @AfterEach
    void close() {
        file.close();
    }

    private static SpooledEvent event(int number) {
        return new SpooledEvent(
                0, "i/" + number, "i", "gate-3", "start", number, "{}".getBytes(StandardCharsets.UTF_8));
    }

    private void insert(int number) throws SQLException {
        try (SpoolTransaction changes = new SpoolTransaction(file, CLOCK)) {
            changes.insert(event(number));
            changes.commit();
        }
    }

    @Test
    void shouldKeepNothingThatIsNotCommitted() throws SQLException {
        try (SpoolTransaction changes = new SpoolTransaction(file, CLOCK)) {
            changes.insert(event(1));
            changes.open(new OpenIncident("i", "gate-3", 0, new byte[] {1}));
        }
        assertThat(events.next(0, 10)).isEmpty();
        insert(2);
        assertThat(events.next(0, 10)).extracting(SpooledEvent::id).containsExactly("i/2");
        try (SpoolTransaction changes = new SpoolTransaction(file, CLOCK)) {
            assertThat(changes.openIncidents()).isEmpty();
        }
    }

    @Test
    void shouldCountWhatItAddsAndRemoves() throws SQLException {
        insert(1);
        SpooledEvent stored = events.next(0, 1).get(0);
        try (SpoolTransaction changes = new SpoolTransaction(file, CLOCK)) {
            changes.insert(event(1));
            assertThat(changes.messages()).as("known already").isZero();
            assertThat(changes.bytes()).isZero();
            changes.insert(event(2));
            changes.insert(event(3));
            assertThat(changes.messages()).isEqualTo(2);
            assertThat(changes.bytes()).isEqualTo(2 * 402);
            changes.delete(stored);
            changes.delete(stored);
            assertThat(changes.messages()).isEqualTo(1);
            assertThat(changes.bytes()).isEqualTo(402);
            changes.commit();
        }
        assertThat(events.totals()).isEqualTo(new EventTable.Totals(2, 2 * 402));
    }

    @Test
    void shouldReplaceAndForgetOpenIncidents() throws SQLException {
        try (SpoolTransaction changes = new SpoolTransaction(file, CLOCK)) {
            changes.open(new OpenIncident("i", "gate-3", 0, new byte[] {1}));
            changes.open(new OpenIncident("i", "gate-3", 1, new byte[] {2}));
            changes.open(new OpenIncident("k", "gate-4", 0, new byte[] {3}));
            changes.close("k");
            List<OpenIncident> open = changes.openIncidents();
            assertThat(open).hasSize(1);
            assertThat(open.get(0).incident()).isEqualTo("i");
            assertThat(open.get(0).stream()).isEqualTo("gate-3");
            assertThat(open.get(0).revision()).isEqualTo(1);
            assertThat(open.get(0).value()).containsExactly(2);
        }
    }

    @Test
    void shouldLeaveTheFileUsableWhereItCannotBegin() throws SQLException {
        try (SpoolTransaction outer = new SpoolTransaction(file, CLOCK)) {
            outer.insert(event(1));
            assertThatThrownBy(() -> new SpoolTransaction(file, CLOCK)).isInstanceOf(SQLException.class);
        }
        insert(2);
        assertThat(events.next(0, 10)).extracting(SpooledEvent::id).containsExactly("i/2");
    }
}

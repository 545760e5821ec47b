package io.helmwatch.web.api;

import io.helmwatch.config.http.Role;
import io.helmwatch.resource.ControlCharacters;
import io.helmwatch.web.Incidents;
import io.helmwatch.web.Incidents.Incident;
import io.helmwatch.web.RefusedException;
import io.helmwatch.web.RefusedException.Kind;
import io.helmwatch.web.Relay;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The history of incidents. Threading: any thread. */
final class IncidentRoutes {
    private static final int DEFAULT_LIMIT = 100;
    private static final int MOST_CSV_ROWS = 20_000;
    private static final int LONGEST_NOTE = 2_000;

    private static final Route.Parameter[] FILTERS = {
        new Route.Parameter("from", Instant.class, "earliest start"),
        new Route.Parameter("to", Instant.class, "start before"),
        new Route.Parameter("stream", String.class, "id of the stream"),
        new Route.Parameter("zone", String.class, "name of the zone"),
        new Route.Parameter("rule", String.class, "name of the rule"),
        new Route.Parameter("state", Incidents.State.class, "state of the incidents; default: all"),
        new Route.Parameter("limit", Integer.class, "most incidents of a page, 1 to 1000; default: 100"),
        new Route.Parameter("cursor", String.class, "`next` of the page before")
    };

    private final @Nullable Incidents incidents;

    /**
     * An acknowledgement.
     *
     * @param note what was done; may be missing
     */
    record Note(@Nullable String note) {}

    IncidentRoutes(@Nullable Incidents incidents) {
        this.incidents = incidents;
    }

    List<Route> routes() {
        return List.of(
                Route.get(
                                "/incidents",
                                "searchIncidents",
                                "Incidents, newest first",
                                Incidents.Page.class,
                                call -> Reply.json(incidents()
                                        .search(query(call, call.number("limit", DEFAULT_LIMIT, Incidents.MAX_LIMIT)))))
                        .with(FILTERS),
                Route.get("/incidents.csv", "exportIncidents", "Incidents as a table", byte[].class, this::csv)
                        .with(FILTERS)
                        .answering(IncidentCsv.TYPE),
                Route.get(
                        "/incidents/{id}",
                        "getIncident",
                        "An incident with its positions over time; in the id, `/` is" + " written `~`",
                        Incident.class,
                        call -> Reply.json(existing(call))),
                Route.get(
                                "/incidents/{id}/snapshot.jpg",
                                "getSnapshot",
                                "The stored image, without boxes",
                                byte[].class,
                                this::snapshot)
                        .answering("image/jpeg")
                        .passedOn(Relay.Subject.INCIDENT),
                Route.change(
                                "POST",
                                "/incidents/{id}/acknowledgement",
                                "acknowledgeIncident",
                                "Mark an incident as dealt with",
                                Role.OPERATOR,
                                Incident.class,
                                this::acknowledge)
                        .taking(Note.class),
                Route.change(
                        "DELETE",
                        "/incidents/{id}/acknowledgement",
                        "withdrawAcknowledgement",
                        "Take an acknowledgement back",
                        Role.OPERATOR,
                        Incident.class,
                        call -> Reply.json(incidents().withdrawAcknowledgement(call.incidentId()))));
    }

    private Incidents incidents() {
        if (incidents == null) {
            throw RefusedException.unavailable("the history of incidents is not available");
        }
        return incidents;
    }

    private static Incidents.Query query(Call call, int limit) {
        return query(call, limit, call.text("cursor"));
    }

    private static Incidents.Query query(Call call, int limit, @Nullable String cursor) {
        return new Incidents.Query(
                call.instant("from"),
                call.instant("to"),
                call.text("stream"),
                call.text("zone"),
                call.text("rule"),
                call.choice("state", Incidents.State.class, Incidents.State.ALL),
                limit,
                cursor);
    }

    private Incident existing(Call call) {
        return incidents()
                .find(call.incidentId())
                .orElseThrow(() -> RefusedException.notFound("there is no incident of this id"));
    }

    private Reply snapshot(Call call) {
        byte[] image = incidents()
                .snapshot(call.incidentId())
                .orElseThrow(() -> RefusedException.notFound("there is no snapshot of this incident"));
        return Reply.bytes("image/jpeg", image);
    }

    private Reply acknowledge(Call call) {
        String note = call.body(Note.class).note();
        String text = note == null ? "" : ControlCharacters.removeFrom(note).strip();
        if (text.length() > LONGEST_NOTE) {
            throw new RefusedException(Kind.INVALID, "the note must have at most " + LONGEST_NOTE + " characters");
        }
        return Reply.json(
                incidents().acknowledge(call.incidentId(), call.caller().name(), text));
    }

    private Reply csv(Call call) {
        List<Incident> rows = new ArrayList<>();
        String cursor = call.text("cursor");
        do {
            Incidents.Page page = incidents().search(query(call, Incidents.MAX_LIMIT, cursor));
            rows.addAll(page.incidents());
            cursor = page.next();
        } while (cursor != null && rows.size() < MOST_CSV_ROWS);
        return Reply.bytes(IncidentCsv.TYPE, IncidentCsv.of(rows).getBytes(StandardCharsets.UTF_8))
                .with("Content-Disposition", "attachment; filename=\"incidents.csv\"");
    }
}

package bench;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.Serializer;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StoreQueryParameters;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.KGroupedStream;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Repartitioned;
import org.apache.kafka.streams.kstream.TimeWindows;
import org.apache.kafka.streams.kstream.Windowed;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.QueryableStoreTypes;
import org.apache.kafka.streams.state.Stores;
import org.apache.kafka.streams.state.WindowStore;

/**
 * The job of bench/job.py on Kafka Streams: entities in a key-value store (Processor API), repartitioned by queue and
 * channel, totals and tumbling windows of 10 s in the DSL, summed by an interactive query. Speaks bench/peers/protocol.py.
 */
public final class Job {
    static final int PANE_MS = 10_000, IDS_KEPT = 16, HISTOGRAM = 10, SIZE = 34, PARTITIONS = 8;
    static final int OFFERED = 0, ABANDONED = 1, ANSWERED = 3, HANDLED = 5, CREATED = 7, REPLIED = 8;
    static final ObjectMapper JSON = new ObjectMapper();
    static final ObjectReader READER = JSON.readerFor(Event.class);
    static final AtomicLong CONSUMED = new AtomicLong(), SENT = new AtomicLong(), RECEIVED = new AtomicLong();

    @JsonIgnoreProperties(ignoreUnknown = true)
    public static final class Event {
        public String event_id, type, queue, channel, segment_id, reason, author_role, visibility;
        public long occurred_at;
    }

    record Sample(int field, long ms, int sign) { }

    /** What is known of an entity: a segment is entered, answered, abandoned, ended. */
    static final class State {
        final List<String> ids = new ArrayList<>();
        final Map<String, long[]> segments = new LinkedHashMap<>();
        long created, reply;
    }

    static <T> Serde<T> serde(Serializer<T> s, Deserializer<T> d) {
        return Serdes.serdeFrom(s, d);
    }

    static final Serde<Event> EVENT = serde((t, e) -> {
        throw new UnsupportedOperationException();
    }, (t, b) -> {
        try {
            return READER.readValue(b);
        } catch (IOException x) {
            throw new UncheckedIOException(x);
        }
    });
    static final Serde<Sample> SAMPLE = serde(
        (t, s) -> s == null ? null : ByteBuffer.allocate(16).putInt(s.field).putLong(s.ms).putInt(s.sign).array(),
        (t, b) -> {
            ByteBuffer x = ByteBuffer.wrap(b);
            return new Sample(x.getInt(), x.getLong(), x.getInt());
        });
    static final Serde<long[]> CELL = serde((t, c) -> {
        if (c == null) {
            return null;
        }
        ByteBuffer x = ByteBuffer.allocate(8 * SIZE);
        x.asLongBuffer().put(c);
        return x.array();
    }, (t, b) -> {
        if (b == null) {
            return null;
        }
        long[] c = new long[SIZE];
        ByteBuffer.wrap(b).asLongBuffer().get(c);
        return c;
    });

    static void put(ByteBuffer x, String s) {
        byte[] b = s.getBytes(StandardCharsets.UTF_8);
        x.putShort((short) b.length).put(b);
    }

    static String get(ByteBuffer x) {
        byte[] b = new byte[x.getShort()];
        x.get(b);
        return new String(b, StandardCharsets.UTF_8);
    }

    static final Serde<State> STATE = serde((t, s) -> {
        if (s == null) {
            return null;
        }
        ByteBuffer x = ByteBuffer.allocate(32 + 64 * s.ids.size() + 64 * s.segments.size());
        x.putLong(s.created).putLong(s.reply).put((byte) s.ids.size()).put((byte) s.segments.size());
        s.ids.forEach(id -> put(x, id));
        s.segments.forEach((id, moments) -> {
            put(x, id);
            for (long moment : moments) {
                x.putLong(moment);
            }
        });
        return Arrays.copyOf(x.array(), x.position());
    }, (t, b) -> {
        if (b == null) {
            return null;
        }
        ByteBuffer x = ByteBuffer.wrap(b);
        State s = new State();
        s.created = x.getLong();
        s.reply = x.getLong();
        int ids = x.get(), segments = x.get();
        for (int i = 0; i < ids; i++) {
            s.ids.add(get(x));
        }
        for (int i = 0; i < segments; i++) {
            s.segments.put(get(x), new long[] {x.getLong(), x.getLong(), x.getLong(), x.getLong()});
        }
        return s;
    });

    static final class Entity implements Processor<String, Event, String, Sample> {
        private ProcessorContext<String, Sample> context;
        private KeyValueStore<String, State> store;

        @Override
        public void init(ProcessorContext<String, Sample> context) {
            this.context = context;
            store = context.getStateStore("entities");
        }

        @Override
        public void process(Record<String, Event> r) {
            Event e = r.value();
            if (e.queue != null) {
                State s = store.get(r.key());
                if (s == null) {
                    s = new State();
                }
                if (!s.ids.contains(e.event_id)) {
                    s.ids.add(e.event_id);
                    if (s.ids.size() > IDS_KEPT) {
                        s.ids.remove(0);
                    }
                    step(s, e);
                    store.put(r.key(), s);
                }
            }
            CONSUMED.incrementAndGet();
        }

        private void step(State s, Event e) {
            long at = e.occurred_at;
            switch (e.type) {
                case "queue.entered" -> segment(s, e, 0);
                case "contact.answered" -> segment(s, e, 1);
                case "queue.left" -> {
                    if (e.reason.equals("abandoned")) {
                        segment(s, e, 2);
                    }
                }
                case "contact.ended", "contact.transferred" -> segment(s, e, 3);
                case "ticket.created" -> {
                    s.created = at;
                    emit(e, CREATED, at, 0, 1);
                    if (s.reply != 0) {
                        emit(e, REPLIED, s.reply, s.reply - at, 1);
                    }
                }
                case "ticket.message_added" -> {
                    boolean reply = e.author_role.equals("agent") && e.visibility.equals("public");
                    if (reply && (s.reply == 0 || at < s.reply)) {
                        if (s.created != 0 && s.reply != 0) {
                            emit(e, REPLIED, s.reply, s.reply - s.created, -1);
                        }
                        s.reply = at;
                        if (s.created != 0) {
                            emit(e, REPLIED, at, at - s.created, 1);
                        }
                    }
                }
                default -> { }
            }
        }

        private void segment(State s, Event e, int moment) {
            long[] m = s.segments.computeIfAbsent(e.segment_id, id -> new long[4]);
            m[moment] = e.occurred_at;
            if (moment == 0) {
                emit(e, OFFERED, e.occurred_at, 0, 1);
            }
            if (m[0] != 0 && m[1] != 0 && moment <= 1) {
                emit(e, ANSWERED, m[1], m[1] - m[0], 1);
            }
            if (m[0] != 0 && m[2] != 0 && (moment == 0 || moment == 2)) {
                emit(e, ABANDONED, m[2], m[2] - m[0], 1);
            }
            if (m[1] != 0 && m[3] != 0 && (moment == 1 || moment == 3)) {
                emit(e, HANDLED, m[3], m[3] - m[1], 1);
            }
        }

        private void emit(Event e, int field, long at, long ms, int sign) {
            SENT.incrementAndGet();
            context.forward(new Record<>(e.queue + "|" + e.channel, new Sample(field, ms, sign), at));
        }
    }

    static long[] add(long[] old, Sample s) {
        long[] c = old.clone(); // the cached store may still hold the old value
        c[s.field] += s.sign;
        if (s.field != OFFERED && s.field != CREATED) {
            c[s.field + 1] += s.sign * s.ms;
            if (s.field == ANSWERED) {
                c[HISTOGRAM + 64 - Long.numberOfLeadingZeros(s.ms)] += s.sign;
            }
        }
        return c;
    }

    static StreamsBuilder topology(String topic) {
        StreamsBuilder b = new StreamsBuilder();
        b.addStateStore(Stores.keyValueStoreBuilder(Stores.persistentKeyValueStore("entities"), Serdes.String(), STATE)
            .withCachingEnabled());
        KGroupedStream<String, Sample> samples = b.stream(topic, Consumed.with(Serdes.String(), EVENT)
                .withTimestampExtractor((r, before) -> ((Event) r.value()).occurred_at))
            .process(Entity::new, "entities")
            .repartition(Repartitioned.<String, Sample>as("by-place").withKeySerde(Serdes.String()).withValueSerde(SAMPLE)
                .withNumberOfPartitions(PARTITIONS))
            .groupByKey();
        samples.aggregate(() -> new long[SIZE], (k, s, c) -> add(c, s),
            Materialized.<String, long[], KeyValueStore<Bytes, byte[]>>as("totals").withKeySerde(Serdes.String())
                .withValueSerde(CELL));
        Duration grace = Duration.ofHours(3); // partitions of a backlog are read at different speeds
        samples.windowedBy(TimeWindows.ofSizeAndGrace(Duration.ofMillis(PANE_MS), grace)).aggregate(() -> new long[SIZE],
            (k, s, c) -> {
                RECEIVED.incrementAndGet();
                return add(c, s);
            }, Materialized.<String, long[], WindowStore<Bytes, byte[]>>as("panes").withKeySerde(Serdes.String())
                .withValueSerde(CELL).withRetention(grace.plusHours(1)));
        return b;
    }

    static Map<String, Map<String, long[]>> read(KafkaStreams streams, long last) {
        Map<String, Map<String, long[]>> out = new HashMap<>();
        var totals = streams.store(StoreQueryParameters.fromNameAndType("totals",
            QueryableStoreTypes.<String, long[]>keyValueStore()));
        try (KeyValueIterator<String, long[]> it = totals.all()) {
            while (it.hasNext()) {
                KeyValue<String, long[]> kv = it.next();
                out.put(kv.key, new HashMap<>(Map.of("all", kv.value, "5m", new long[SIZE], "1h", new long[SIZE])));
            }
        }
        var panes = streams.store(StoreQueryParameters.fromNameAndType("panes",
            QueryableStoreTypes.<String, long[]>windowStore()));
        for (var window : Map.of("5m", 30, "1h", 360).entrySet()) {
            Instant from = Instant.ofEpochMilli((last - window.getValue() + 1) * PANE_MS);
            try (KeyValueIterator<Windowed<String>, long[]> it = panes.fetchAll(from, Instant.ofEpochMilli(last * PANE_MS))) {
                while (it.hasNext()) {
                    KeyValue<Windowed<String>, long[]> kv = it.next();
                    long[] sum = out.get(kv.key.key()).get(window.getKey());
                    for (int i = 0; i < SIZE; i++) {
                        sum[i] += kv.value[i];
                    }
                }
            }
        }
        return out;
    }

    static void write(Path folder, String name, String text) throws IOException {
        Path part = folder.resolve(name + ".part");
        Files.writeString(part, text);
        Files.move(part, folder.resolve(name), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    public static void main(String[] args) throws Exception {
        System.setProperty("org.slf4j.simpleLogger.defaultLogLevel", "warn");
        Path folder = Path.of(System.getenv("RUN_DIR"));
        Properties p = new Properties();
        p.put("application.id", System.getenv("GROUP"));
        p.put("bootstrap.servers", System.getenv("BROKER"));
        p.put("state.dir", folder.resolve("state").toString());
        p.put("num.stream.threads", 1);
        p.put("consumer.auto.offset.reset", "earliest");
        p.put("consumer.session.timeout.ms", 6000);
        p.put("consumer.heartbeat.interval.ms", 2000);
        KafkaStreams streams = new KafkaStreams(topology(System.getenv("TOPIC")).build(), p);
        streams.setUncaughtExceptionHandler(x -> {
            x.printStackTrace();
            Runtime.getRuntime().halt(1);
            return null;
        });
        streams.start();
        Path stop = folder.resolve("stop");
        while (!Files.exists(stop)) {
            write(folder, "progress", CONSUMED.get() + " " + SENT.get() + " " + RECEIVED.get());
            Thread.sleep(50);
        }
        write(folder, "result", JSON.writeValueAsString(read(streams, Long.parseLong(Files.readString(stop).trim()))));
        Runtime.getRuntime().halt(0);
    }
}

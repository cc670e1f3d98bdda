-- A journal as version 4 of its schema wrote it: made up people, five uploads, the last of them cut off.
pragma application_id = 1128748368;
pragma user_version = 4;
BEGIN TRANSACTION;
CREATE TABLE clock (seen real, doubted real);
INSERT INTO "clock" VALUES(NULL,NULL);
CREATE TABLE key (secret blob not null, commits integer not null default 0);
INSERT INTO "key" VALUES(X'0D22379EFF98F431879C93463F17B8498BC5259EAE5C46B2E95C0750BEA3A066',45);
CREATE TABLE loss (day text not null, file text not null, known_to_person integer not null default 0, told integer not null default 0);
CREATE TABLE memory (
        subject blob not null,
        origin integer not null,
        fingerprint blob not null,
        sure integer not null,
        answered real not null,
        place integer not null,
        primary key (subject, origin)
    ) without rowid;
INSERT INTO "memory" VALUES(X'0679CAACFA907AC8BA0E581740A6E056',0,X'0C3DBB1394819AEC49B7556D4E1D0095',0,1.79604642644150638581e+09,3);
INSERT INTO "memory" VALUES(X'08337874F55F67727084F8E847C64E97',0,X'6585E98AEABCB22786B0D9B36E558350',1,1.79604642617684864998e+09,1);
INSERT INTO "memory" VALUES(X'0C3DBB1394819AEC49B7556D4E1D0095',0,X'0C3DBB1394819AEC49B7556D4E1D0095',0,1.79604642644150638581e+09,3);
INSERT INTO "memory" VALUES(X'119123E2B6FE5F325B703D53DE724178',0,X'B2F93DA92DF96FE598630EFE9E44C55B',1,1.79604642642957329752e+09,3);
INSERT INTO "memory" VALUES(X'42F31C7326613DEB97361AB17D86495F',0,X'42F31C7326613DEB97361AB17D86495F',1,1.79604642645919585224e+09,3);
INSERT INTO "memory" VALUES(X'6D1EA37FD89F9B87B78AC19CBFF11BA2',0,X'D227FDA2106710E83C289AC381F764AB',1,1.79604642629362273214e+09,2);
INSERT INTO "memory" VALUES(X'75AD0A3895A8A3BEFBACD19E90161E19',0,X'75AD0A3895A8A3BEFBACD19E90161E19',1,1.79604642616401076319e+09,1);
INSERT INTO "memory" VALUES(X'8992CBF64BE32B57C4AF43DABD54000A',0,X'42F31C7326613DEB97361AB17D86495F',1,1.79604642645919585224e+09,3);
INSERT INTO "memory" VALUES(X'96736794B417B2C649665FD44247B35D',0,X'02E076D8B5356C0100F0262C9832437A',1,1.79604642617684864998e+09,1);
INSERT INTO "memory" VALUES(X'98CB7C4D7CC10E1C8CEE9AA0039E07BB',0,X'0C3DBB1394819AEC49B7556D4E1D0095',0,1.79604642644150638581e+09,3);
INSERT INTO "memory" VALUES(X'B2F93DA92DF96FE598630EFE9E44C55B',0,X'B2F93DA92DF96FE598630EFE9E44C55B',1,1.79604642642957329752e+09,3);
INSERT INTO "memory" VALUES(X'BBD49C405D465C4255B76D0EEB03FEEE',0,X'42F31C7326613DEB97361AB17D86495F',1,1.79604642645919585224e+09,3);
INSERT INTO "memory" VALUES(X'D06A5B8E3891E7B90DA9B5AAF3858A94',0,X'B2F93DA92DF96FE598630EFE9E44C55B',1,1.79604642642957329752e+09,3);
CREATE TABLE origin (
        id integer primary key,
        name text not null,
        secret blob not null unique,
        made text not null,
        imported text not null
    );
CREATE TABLE place (
        id integer primary key,
        records text not null,
        reference text not null,
        unique (records, reference)
    );
INSERT INTO "place" VALUES(1,'http://127.0.0.1:9/records/','contact');
INSERT INTO "place" VALUES(2,'http://127.0.0.1:9/records/','wrong');
INSERT INTO "place" VALUES(3,'http://127.0.0.1:9/records/','survey');
CREATE TABLE row (
        id integer primary key,
        number integer not null,
        state text not null,
        once integer not null,
        cells text,
        who text not null default '',
        http integer,
        attempts integer not null default 0,
        messages text not null default '[]',
        answered real,
        fingerprint blob not null
    , subject blob);
INSERT INTO "row" VALUES(4294967296,2,'accepted',0,NULL,'',200,1,'[]',1.79604642616401076319e+09,X'75AD0A3895A8A3BEFBACD19E90161E19',X'96736794B417B2C649665FD44247B35D');
INSERT INTO "row" VALUES(4294967297,3,'held_back',0,'["no address","Ben"]','no address',NULL,0,'[["Email","\u201cno address\u201d is not an email address; expected is one address with one @, no blanks and no invisible characters. Correct it, or leave the row out."]]',NULL,X'',X'5186A53F8E32BB5B85B4449E8310831A');
INSERT INTO "row" VALUES(4294967298,4,'refused',0,'["cid@example.com","Cid"]','cid@example.com',422,1,'[["Email","is invalid."]]',1.79604642616401076319e+09,X'DB4DC024AEC4D8714197721B7280363A',X'8CA00681322FB0DB4DA7E0B57B3E7F65');
INSERT INTO "row" VALUES(4294967299,5,'accepted',0,NULL,'',200,1,'[]',1.79604642617684864998e+09,X'6585E98AEABCB22786B0D9B36E558350',X'08337874F55F67727084F8E847C64E97');
INSERT INTO "row" VALUES(4294967300,6,'accepted',0,NULL,'',200,1,'[]',1.79604642617684864998e+09,X'02E076D8B5356C0100F0262C9832437A',X'96736794B417B2C649665FD44247B35D');
INSERT INTO "row" VALUES(8589934592,2,'accepted',0,NULL,'',200,1,'[]',1.79604642629362273214e+09,X'D227FDA2106710E83C289AC381F764AB',X'6D1EA37FD89F9B87B78AC19CBFF11BA2');
INSERT INTO "row" VALUES(8589934593,3,'not_sent',0,'["stop1@example.com","Stop 1"]','stop1@example.com',422,1,'[["","CustomerGauge does not accept the reference. Copy it from the Reference column of the import configuration (type API), and check the region. CustomerGauge says: Is unknown."]]',1.79604642629362273214e+09,X'B193026F124624CBF38FDDAA6153283D',X'F5FEA88581B8DA4934BBE7823946623F');
INSERT INTO "row" VALUES(8589934594,4,'waiting',0,'["stop2@example.com","Stop 2"]','stop2@example.com',NULL,0,'[]',NULL,X'FA795A3B1E2B5484FD3D5F3F87789713',X'317A7CC7A8224D05616C98F256581A8C');
INSERT INTO "row" VALUES(8589934595,5,'waiting',0,'["stop3@example.com","Stop 3"]','stop3@example.com',NULL,0,'[]',NULL,X'4E8BF226827DCA8426DADF8DD69CAC09',X'F34BACC48894751E89963F11B40FA15C');
INSERT INTO "row" VALUES(12884901888,2,'accepted',1,NULL,'',200,1,'[]',1.79604642642957329752e+09,X'B2F93DA92DF96FE598630EFE9E44C55B',X'119123E2B6FE5F325B703D53DE724178');
INSERT INTO "row" VALUES(12884901889,3,'not_sure',1,'["person1@example.com","Name 1"]','person1@example.com',504,1,'[["","CustomerGauge had a failure of its own: the row may have been taken. It is not sent again by itself; look it up in Request History. CustomerGauge says: Endpoint request timed out"]]',1.79604642644150638581e+09,X'0C3DBB1394819AEC49B7556D4E1D0095',X'98CB7C4D7CC10E1C8CEE9AA0039E07BB');
INSERT INTO "row" VALUES(12884901890,4,'accepted',1,NULL,'',200,1,'[]',1.79604642645919585224e+09,X'42F31C7326613DEB97361AB17D86495F',X'BBD49C405D465C4255B76D0EEB03FEEE');
INSERT INTO "row" VALUES(17179869184,2,'skipped',1,'[]','person0@example.com',NULL,0,'[["","Accepted on 30 November 2026 in an earlier upload."]]',NULL,X'B2F93DA92DF96FE598630EFE9E44C55B',X'119123E2B6FE5F325B703D53DE724178');
INSERT INTO "row" VALUES(17179869185,3,'not_sure',1,'["person1@example.com","Name 1"]','person1@example.com',NULL,0,'[["","Not sure since an earlier upload on 30 November 2026, so not sent again."]]',NULL,X'0C3DBB1394819AEC49B7556D4E1D0095',X'98CB7C4D7CC10E1C8CEE9AA0039E07BB');
INSERT INTO "row" VALUES(17179869186,4,'skipped',1,'[]','person2@example.com',NULL,0,'[["","Accepted on 30 November 2026 in an earlier upload."]]',NULL,X'42F31C7326613DEB97361AB17D86495F',X'BBD49C405D465C4255B76D0EEB03FEEE');
INSERT INTO "row" VALUES(17179869187,5,'accepted',1,NULL,'',200,1,'[]',1.79604642665294051166e+09,X'03626D20C69EFD9DE153D034ACF6C550',X'7C222DB5C3BBA62EA3F9A9E78DBE12C9');
INSERT INTO "row" VALUES(21474836480,2,'accepted',0,NULL,'',200,1,'[]',1.79604642682571530344e+09,X'1E3BF3CFF97D7E4283DBFE7E9004CE2F',X'119123E2B6FE5F325B703D53DE724178');
INSERT INTO "row" VALUES(21474836481,3,'accepted',0,NULL,'',200,1,'[]',1.79604642682571530344e+09,X'1115BFD80A2E868C880B252FFE65C263',X'98CB7C4D7CC10E1C8CEE9AA0039E07BB');
INSERT INTO "row" VALUES(21474836482,4,'sending',0,'["person2@example.com","Name 2"]','person2@example.com',NULL,0,'[]',1.79604642682571530344e+09,X'0C0DB7BD91B7693D20EE1ACBF8213080',X'BBD49C405D465C4255B76D0EEB03FEEE');
INSERT INTO "row" VALUES(21474836483,5,'sending',0,'["person3@example.com","Name 3"]','person3@example.com',NULL,0,'[]',1.79604642682571530344e+09,X'EFCB1BAF3E2C13888C0571252BADDE4C',X'AD522EB70BD58A6ADC44BC0788738CCA');
INSERT INTO "row" VALUES(21474836484,6,'waiting',0,'["person4@example.com","Name 4"]','person4@example.com',NULL,0,'[]',NULL,X'94673959AEBC1FD5AFE52AB35EA784ED',X'9C7A576C7A659924A959870A53078498');
INSERT INTO "row" VALUES(21474836485,7,'waiting',0,'["person5@example.com","Name 5"]','person5@example.com',NULL,0,'[]',NULL,X'6861F69F17AA6546B7473551266CA0DA',X'B6EA34D40B4B556E908BB50E22D61EB2');
CREATE TABLE run (
        id integer primary key autoincrement,
        content text not null,
        records text not null,
        reference text not null,
        plan text not null,
        sent_by text not null,
        started text not null,
        finished text,
        stopped text,
        exit integer,
        rows integer not null
    , held_by text not null default '', values_deleted text, ages_from text, cleared integer not null default 0, remembered integer not null default 0);
INSERT INTO "run" VALUES(1,'1b44559cc8177465b082243ea16e90910c82556ac55738aee56c8bad8c5ee8f3 Sheet1','http://127.0.0.1:9/records/','contact','{"file": "/contacts.xlsx", "digest": "1b44559cc8177465b082243ea16e90910c82556ac55738aee56c8bad8c5ee8f3", "sheet": "Sheet1", "header_row": 1, "columns": [["Email", "A", false], ["First Name", "B", false]], "profile": "test", "region": "practice", "address": {"auth": "http://127.0.0.1:9/oauth2/token", "records": "http://127.0.0.1:9/records/"}, "configuration": {"reference": "contact", "data_type": "contact", "fields": [{"heading": "Email", "required": false, "kind": "email", "max_length": null, "identifies": null}, {"heading": "First Name", "required": false, "kind": "text", "max_length": null, "identifies": null}]}, "mapping": [["Email", {"column": "Email", "letter": null, "constant": null}], ["First Name", {"column": "First Name", "letter": null, "constant": null}]], "options": {"blank_cells": "leave_out", "connections": 1, "rows": null}, "consent": true, "again": false, "customer": "", "origin": null}','ann','2026-11-30T13:47:06.049+00:00','2026-11-30T13:47:06.185+00:00',NULL,NULL,5,'ann on pc, process 1, since 3 May 2026, 10:00',NULL,NULL,0,3);
INSERT INTO "run" VALUES(2,'497f6db5ac7e2744e2ccc83af38f43d0832dad2a3823dacd33debed5d1e28354 Sheet1','http://127.0.0.1:9/records/','wrong','{"file": "/contacts.xlsx", "digest": "497f6db5ac7e2744e2ccc83af38f43d0832dad2a3823dacd33debed5d1e28354", "sheet": "Sheet1", "header_row": 1, "columns": [["Email", "A", false], ["First Name", "B", false]], "profile": "test", "region": "practice", "address": {"auth": "http://127.0.0.1:9/oauth2/token", "records": "http://127.0.0.1:9/records/"}, "configuration": {"reference": "wrong", "data_type": "contact", "fields": [{"heading": "Email", "required": false, "kind": "email", "max_length": null, "identifies": null}, {"heading": "First Name", "required": false, "kind": "text", "max_length": null, "identifies": null}]}, "mapping": [["Email", {"column": "Email", "letter": null, "constant": null}], ["First Name", {"column": "First Name", "letter": null, "constant": null}]], "options": {"blank_cells": "leave_out", "connections": 1, "rows": null}, "consent": true, "again": false, "customer": "", "origin": null}','ann','2026-11-30T13:47:06.226+00:00','2026-11-30T13:47:06.303+00:00','CustomerGauge does not accept the reference. Copy it from the Reference column of the import configuration (type API), and check the region. CustomerGauge says: Is unknown.',5,4,'ann on pc, process 1, since 3 May 2026, 10:00',NULL,NULL,0,3);
INSERT INTO "run" VALUES(3,'4801e15c178608d552c5d3a4af49d3b5ddd9a3ec5e8e7eaf3f376e741f42f38a Sheet1','http://127.0.0.1:9/records/','survey','{"file": "/contacts.xlsx", "digest": "4801e15c178608d552c5d3a4af49d3b5ddd9a3ec5e8e7eaf3f376e741f42f38a", "sheet": "Sheet1", "header_row": 1, "columns": [["Email", "A", false], ["First Name", "B", false]], "profile": "test", "region": "practice", "address": {"auth": "http://127.0.0.1:9/oauth2/token", "records": "http://127.0.0.1:9/records/"}, "configuration": {"reference": "survey", "data_type": "survey", "fields": [{"heading": "Email", "required": false, "kind": "email", "max_length": null, "identifies": null}, {"heading": "First Name", "required": false, "kind": "text", "max_length": null, "identifies": null}]}, "mapping": [["Email", {"column": "Email", "letter": null, "constant": null}], ["First Name", {"column": "First Name", "letter": null, "constant": null}]], "options": {"blank_cells": "leave_out", "connections": 1, "rows": null}, "consent": true, "again": false, "customer": "", "origin": null}','ann','2026-11-30T13:47:06.338+00:00','2026-11-30T13:47:06.466+00:00',NULL,NULL,3,'ann on pc, process 1, since 3 May 2026, 10:00',NULL,NULL,0,3);
INSERT INTO "run" VALUES(4,'another Sheet1','http://127.0.0.1:9/records/','survey','{"file": "/contacts.xlsx", "digest": "another", "sheet": "Sheet1", "header_row": 1, "columns": [["Email", "A", false], ["First Name", "B", false]], "profile": "test", "region": "practice", "address": {"auth": "http://127.0.0.1:9/oauth2/token", "records": "http://127.0.0.1:9/records/"}, "configuration": {"reference": "survey", "data_type": "survey", "fields": [{"heading": "Email", "required": false, "kind": "email", "max_length": null, "identifies": null}, {"heading": "First Name", "required": false, "kind": "text", "max_length": null, "identifies": null}]}, "mapping": [["Email", {"column": "Email", "letter": null, "constant": null}], ["First Name", {"column": "First Name", "letter": null, "constant": null}]], "options": {"blank_cells": "leave_out", "connections": 1, "rows": null}, "consent": true, "again": false, "customer": "", "origin": null}','ann','2026-11-30T13:47:06.517+00:00','2026-11-30T13:47:06.661+00:00',NULL,NULL,4,'ann on pc, process 1, since 3 May 2026, 10:00',NULL,NULL,0,0);
INSERT INTO "run" VALUES(5,'9e1570cfc65d3f608342d2e16066d14ce4f8ea5726540a0e022a4d926b1410b4 Sheet1','http://127.0.0.1:9/records/','cut','{"file": "/contacts.xlsx", "digest": "9e1570cfc65d3f608342d2e16066d14ce4f8ea5726540a0e022a4d926b1410b4", "sheet": "Sheet1", "header_row": 1, "columns": [["Email", "A", false], ["First Name", "B", false]], "profile": "test", "region": "practice", "address": {"auth": "http://127.0.0.1:9/oauth2/token", "records": "http://127.0.0.1:9/records/"}, "configuration": {"reference": "cut", "data_type": "contact", "fields": [{"heading": "Email", "required": false, "kind": "email", "max_length": null, "identifies": null}, {"heading": "First Name", "required": false, "kind": "text", "max_length": null, "identifies": null}]}, "mapping": [["Email", {"column": "Email", "letter": null, "constant": null}], ["First Name", {"column": "First Name", "letter": null, "constant": null}]], "options": {"blank_cells": "leave_out", "connections": 1, "rows": null}, "consent": true, "again": false, "customer": "", "origin": null}','ann','2026-11-30T13:47:06.735+00:00',NULL,NULL,NULL,6,'ann on pc, process 1, since 3 May 2026, 10:00',NULL,NULL,0,0);
CREATE INDEX run_by_content on run (content);
CREATE INDEX once_by_fingerprint on row (fingerprint) where once = 1;
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('run',5);
COMMIT;

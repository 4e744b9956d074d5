module geosluice.test/sink

go 1.25
